"""POSTs that may be sent again: the first answer is kept with the change, and told again (docs/adr/0007).

A route of an operation with `idempotent=True` wraps its work, and does it through the unit that it is given:

    return await self._idempotency.answer(request, lambda unit: self._create(unit, who, new))

Without an `Idempotency-Key` the unit is the database itself, and nothing is kept.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import (
    BusinessError,
    DatabaseUnavailableError,
    FieldProblem,
    InvalidInputError,
    WriteConflictError,
)
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.operations import KEY_HEADER, KEY_PATTERN, REPLAYED_HEADER
from hastecrm.core.retry import Pace, again
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections, UnitOfWork

KEPT_FOR: Final = timedelta(hours=24)
_KEY = re.compile(KEY_PATTERN)
_PACE = Pace(attempts=4, first=0.02, longest=0.4, within=2.0)
_PURGE_LIMIT = 100_000
# Two statements: the second one's snapshot must be taken when the lock is held, or it would miss an answer
# that was committed in between.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
_FIND = (
    "SELECT fingerprint, status, headers, body FROM idempotency_keys "
    "WHERE workspace_id = $1 AND principal = $2 AND key = $3"
)
_KEEP = (
    "INSERT INTO idempotency_keys (workspace_id, principal, key, fingerprint, status, headers, body) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_PURGE = (
    "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM idempotency_keys WHERE created_at < $1 LIMIT $2))"
)

Answer = Callable[[Connections], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A key in the hands of whoever sent it, and what they asked for under it."""

    scope: Scope
    principal: str
    key: str
    fingerprint: bytes

    @property
    def row(self) -> tuple[Any, str, str]:
        """The primary key."""
        return (self.scope.workspace, self.principal, self.key)

    @property
    def lock(self) -> str:
        """What the requests with this key queue up for."""
        return f"idempotency {self.scope.workspace} {self.principal} {self.key}"


class Idempotency:
    """Answers a POST that was sent before with the answer that it had then."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, request: web.Request, work: Answer) -> web.Response:
        """Do the work once for each key; raises `BusinessError` for a key that runs or was used otherwise.

        With a key, `work` may run several times, each time after the changes of the last one were undone.
        """
        if (given := request.headers.get(KEY_HEADER)) is None:
            return await work(self._database)
        claim = await _claim(request, given)
        budget = self._database.retries
        return await again(lambda: self._once(claim, work), when=_undone, budget=budget, pace=_PACE)

    async def _once(self, claim: Claim, work: Answer) -> web.Response:
        async with self._database.transaction(claim.scope) as connection:
            if not await connection.fetchval(_LOCK, claim.lock):
                raise _still_running()
            if (kept := await connection.fetchrow(_FIND, *claim.row)) is not None:
                return _told_again(kept, claim)
            unit = UnitOfWork(connection, claim.scope)
            response = await work(unit)
            await connection.execute(_KEEP, *claim.row, claim.fingerprint, *_of(response))
        await unit.committed()
        return response


@dataclass(frozen=True, slots=True)
class PurgeKeys:
    """The worker's job that forgets old answers."""

    clock: Clock

    async def __call__(self, connection: Any) -> int:
        """Remove what was kept for long enough; return how many."""
        status: str = await connection.execute(_PURGE, self.clock() - KEPT_FOR, _PURGE_LIMIT)
        return int(status.rpartition(" ")[2])


async def _claim(request: web.Request, key: str) -> Claim:
    if not _KEY.fullmatch(key):
        detail = f"The header {KEY_HEADER} takes 8 to 128 letters, digits, and . _ : ~ -"
        raise InvalidInputError(detail, errors=[FieldProblem(KEY_HEADER, "is not a key", in_query=True)])
    who = request[PRINCIPAL]
    asked = b"\0".join((request.method.encode(), request.path_qs.encode(), await request.read()))
    principal = str(who.user) if who.user is not None else "installation"
    return Claim(who.scope, principal, key, hashlib.sha256(asked).digest())


def _of(response: web.Response) -> tuple[int, str, bytes]:
    body = response.body
    if not isinstance(body, bytes | bytearray):
        raise TypeError("only a plain body can be kept and told again")
    headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    return response.status, json.dumps(headers), bytes(body)


def _told_again(kept: Any, claim: Claim) -> web.Response:
    if kept["fingerprint"] != claim.fingerprint:
        detail = f"This {KEY_HEADER} was used for another request. Use a new key for each thing to do."
        raise BusinessError(detail, code=Code.BIZ_IDEMPOTENCY_KEY_REUSED)
    headers = {**json.loads(kept["headers"]), REPLAYED_HEADER: "true"}
    return web.Response(status=kept["status"], headers=headers, body=kept["body"])


def _still_running() -> BusinessError:
    detail = f"The first request with this {KEY_HEADER} has not ended yet; its answer can be had in a moment."
    return BusinessError(detail, code=Code.BIZ_IDEMPOTENCY_IN_PROGRESS, retry_after=1)


def _undone(exc: Exception) -> bool:
    # Where the connection broke during the commit nobody knows whether it happened: the key will tell.
    return isinstance(exc, WriteConflictError | DatabaseUnavailableError)
