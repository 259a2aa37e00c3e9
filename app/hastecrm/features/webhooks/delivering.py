"""The worker's job that delivers one event to one webhook: one attempt each time it runs.

An attempt, what came of it and the job of the next one are written in one transaction, so nothing is lost and
nothing is noted twice. A worker that dies in between has sent what will be sent again: receivers tell doubles
by `webhook-id`. While a receiver fails, all that is for it waits, so that it holds up nobody else.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from hastecrm.core.audit import Entry, record
from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.database import Database
from hastecrm.core.http import plain
from hastecrm.core.jobs.model import Backoff, Kind, Task
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.logging import get_logger
from hastecrm.core.outbound import Bounds, Outbound, UnreachableError
from hastecrm.features.webhooks import outcomes
from hastecrm.features.webhooks.domain import PATIENCE, PAUSES, Secret, pause_after, place_of, signed
from hastecrm.features.webhooks.messages import Events
from hastecrm.features.webhooks.outcomes import Attempt
from hastecrm.features.webhooks.repository import KIND, WaitingDelivery

log = get_logger()
# Told over the caller's connection which webhook was given up, and why.
Tell = Callable[[Any, Any, str], Awaitable[None]]
_GONE: Final = 410
_SPREAD: Final = 5.0  # seconds over which what waited for a receiver is sent


@dataclass(frozen=True, slots=True)
class Ways:
    """How messages leave, and who is told of what came of it."""

    outbound: Outbound
    opened: Callable[
        [bytes, str], bytes | None
    ]  # what was sealed for a place; None where it cannot be opened
    observe: Callable[[str, float], None]  # the outcome, and the seconds that the attempt took
    pauses: Sequence[float] = PAUSES
    seconds: float = 15.0
    tell: Tell | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Delivers."""

    database: Database
    events: Events
    ways: Ways
    clock: Clock = utc_now

    async def run(self, task: Task[WaitingDelivery]) -> None:
        """Make one attempt, unless the delivery has ended, or its receiver is left alone for now."""
        found = await outcomes.waiting(self.database, task.payload.delivery)
        if found is None:
            return
        if not found["active"]:
            async with task.finishing() as connection:
                await outcomes.drop(connection, found["id"])
            self.ways.observe("dropped", 0.0)
        elif found["paused_seconds"] > 0:
            async with task.finishing() as connection:
                spread = random.random() * _SPREAD  # noqa: S311 - no secret
                await self._later(connection, found["id"], found["paused_seconds"] + spread)
        else:
            attempt = await self._attempt(found)
            async with task.finishing() as connection:
                outcome = await self._note(connection, found, attempt)
            self.ways.observe(outcome, attempt.seconds)

    async def _attempt(self, found: Any) -> Attempt:
        secrets = self._secrets(found)
        if not secrets:
            return Attempt(error="nothing can be signed: make the webhook a secret first")
        if (told := await self.events.message(found)) is None:
            return Attempt(error="the event is older than the audit log is kept", is_final=True)
        body = orjson.dumps(told, default=plain)
        headers = signed(found["event_id"], self.clock(), body, secrets)
        try:
            answer = await self.ways.outbound.post(found["url"], body, headers, Bounds(self.ways.seconds, 1))
        except UnreachableError as exc:
            return Attempt(error=str(exc))
        is_well = 200 <= answer.status < 300
        error = None if is_well else f"the receiver answered {answer.status}"
        return Attempt(answer.status, answer.seconds, error, is_final=answer.status == _GONE)

    def _secrets(self, found: Any) -> Sequence[Secret]:
        place = place_of(found["webhook_id"])
        sealed = [each for each in (found["secret"], found["previous_secret"]) if each is not None]
        opened = [self.ways.opened(each, place) for each in sealed]
        return [Secret(raw) for raw in opened if raw is not None]

    async def _note(self, connection: Any, found: Any, attempt: Attempt) -> str:
        if attempt.error is None:
            await outcomes.delivered(connection, found, attempt)
            return "delivered"
        made = found["attempts"] + 1
        is_last = attempt.is_final or found["is_old"]
        pause = None if is_last else pause_after(made, self.ways.pauses)
        failing = await outcomes.failed(connection, found, attempt, pause)
        if pause is not None:
            await self._later(connection, found["id"], pause * (1 + random.random() / 10))  # noqa: S311
            return "retried"
        if attempt.status == _GONE:
            await self._give_up(connection, found, "The receiver answered 410 Gone.")
        elif failing >= PATIENCE:
            await self._give_up(connection, found, f"Nothing has arrived for {failing.days} days.")
        return "failed"

    async def _give_up(self, connection: Any, found: Any, why: str) -> None:
        await outcomes.disable(connection, found["webhook_id"], why)
        entry = Entry("webhook.disabled", "webhook", found["webhook_id"], {"why": why})
        await record(connection, entry, workspace=found["workspace_id"], actor=None)
        if self.ways.tell is not None:
            await self.ways.tell(connection, found, why)
        log.warning("webhook disabled", webhook=str(found["webhook_id"]), why=why)

    async def _later(self, connection: Any, delivery: UUID, seconds: float) -> None:
        run_at = await outcomes.in_seconds(connection, delivery, seconds)
        await enqueue(connection, KIND, WaitingDelivery(delivery=delivery), run_at=run_at)


def delivery_kind(deliver: Deliver) -> Kind[WaitingDelivery]:
    """Return the kind of job that delivers; what receivers do is none of its failures."""
    return Kind(
        KIND,
        WaitingDelivery,
        deliver.run,
        attempts=20,
        backoff=Backoff(5.0, 600.0),
        timeout=deliver.ways.seconds + 30,
    )
