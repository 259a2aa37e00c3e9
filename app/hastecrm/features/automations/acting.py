"""What automations do, by the use cases that people use, within one transaction and their rights."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from hastecrm.core.bodies import not_found, parse
from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Record
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.core.records.service import Change, RecordService
from hastecrm.core.unit_of_work import UnitOfWork
from hastecrm.features.automations.domain import Action, Verb

_TAG: Final = "SELECT id FROM tags WHERE workspace_id = $1 AND lower(name) = lower($2)"
_ADDRESS: Final = (
    "SELECT email FROM users WHERE id = $1 AND email_verified_at IS NOT NULL AND disabled_at IS NULL"
)
# Over the connection: address, subject and text of a letter.
Write = Callable[[Any, str, str, str], Awaitable[None]]
# Over the connection: workspace, webhook, event; whether there is such a webhook.
Tell = Callable[[Any, UUID, UUID, UUID], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Means:
    """What actions need; `write` is None where no mail is sent."""

    services: Mapping[str, RecordService]
    tell: Tell
    write: Write | None = None
    clock: Clock = utc_now


@dataclass(frozen=True, slots=True)
class Acting:
    """Does the actions of one run to one deal; raises `CRMError` for what is not possible."""

    means: Means
    unit: UnitOfWork
    connection: Any
    who: Principal
    run: Mapping[str, Any]

    async def do(self, action: Action) -> None:
        """Do one thing."""
        deal = await self._service("deal").get(self.who, self.run["deal_id"])
        if action.verb is Verb.SEND_EMAIL:
            await self._write(deal, *action.parts)
        elif action.verb is Verb.SEND_WEBHOOK:
            event = (self.run["workspace_id"], UUID(action.argument), self.run["event_id"])
            if not await self.means.tell(self.connection, *event):
                raise not_found("webhook that is on")
        elif action.verb in (Verb.CREATE_TASK, Verb.CREATE_ACTIVITY):
            await self._add(action, deal)
        else:
            await self._change(deal, await self._changes(action, deal))

    async def _add(self, action: Action, deal: Record) -> None:
        title, more = action.parts
        values: dict[str, Any] = {"title": title[:200], "deal_id": deal["id"], "owner_id": deal["owner_id"]}
        if action.verb is Verb.CREATE_ACTIVITY:
            await self._service("activity").create(self.who, {**values, "type": more or "other"})
            return
        due = self.means.clock() + timedelta(days=int(more)) if more else None
        await self._service("task").create(self.who, {**values, "due_at": due})

    async def _changes(self, action: Action, deal: Record) -> Mapping[str, Any]:
        argument = action.argument
        if action.verb is Verb.ASSIGN_OWNER:
            return {"owner_id": UUID(argument)}
        if action.verb is Verb.MOVE_STAGE:
            return {"stage_id": UUID(argument)}
        if action.verb is Verb.UPDATE_PROBABILITY:
            return {"probability": int(argument)}
        if action.verb is Verb.UPDATE_FIELD:
            name, _, value = argument.partition("=")
            return values_of(parse(models_of(self._service("deal").kind).patch, _json(name.strip(), value)))
        tag = await self.connection.fetchval(_TAG, self.run["workspace_id"], argument)
        if tag is None:
            raise not_found("tag of this name")
        rest = [each for each in deal["tags"] if each != tag]
        return {"tags": [*rest, tag] if action.verb is Verb.ADD_TAG else rest}

    async def _change(self, deal: Record, changes: Mapping[str, Any]) -> None:
        await self._service("deal").change(self.who, Change(deal["id"], changes))

    async def _write(self, deal: Record, subject: str, text: str) -> None:
        to = await self.connection.fetchval(_ADDRESS, deal["owner_id"])
        if self.means.write is None or to is None:
            detail = "No mail is sent here, or the deal's owner has no confirmed address."
            raise BusinessError(detail, code=Code.BIZ_CONFLICT)
        await self.means.write(self.connection, to, subject, f"{text or subject}\n\n{deal['title']}\n")

    def _service(self, name: str) -> RecordService:
        return self.means.services[name].within(self.unit)


def _json(name: str, value: str) -> bytes:
    try:
        read = orjson.loads(value)
    except orjson.JSONDecodeError:
        read = value.strip()
    return orjson.dumps({name: read})
