"""Codes that depend on who is asking."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock
from uuid import UUID

from tests.integration.application import CONTACTS, Answer
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.authentication import Authenticator, Claims, Sessions
from hastecrm.core.codes import Code
from hastecrm.core.identity import Principal, Role
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

SOMEONE = UUID("01a20dc5-be5d-7a3c-9fd7-e61cb3b322c9")


@contextmanager
def asking_as(role: Role | None) -> Iterator[None]:
    """Let every request come from someone with this role."""
    principal = Principal(DEFAULT_WORKSPACE, role, SOMEONE, SOMEONE)
    with mock.patch.object(Authenticator, "principal", return_value=principal):
        yield


@triggers(Code.AUTH_FORBIDDEN)
async def _(stage: Stage) -> Answer:
    with asking_as(Role.VIEWER):
        return await stage.api.call("POST", CONTACTS, json={"first_name": "Ada"})


@triggers(Code.AUTH_NOT_IN_WORKSPACE)
async def _(stage: Stage) -> Answer:
    with asking_as(None):
        return await stage.api.call("GET", CONTACTS)


@triggers(Code.AUTH_SESSION_EXPIRED)
async def _(stage: Stage) -> Answer:
    async def ended(_claims: Claims) -> None:
        return None

    async def principal(*_: object) -> Principal:
        return await Sessions(ended, seconds=5).principal(Claims(SOMEONE, SOMEONE))

    with mock.patch.object(Authenticator, "principal", principal):
        return await stage.api.call("GET", CONTACTS)
