"""Codes of signing in and of accounts."""

from datetime import timedelta
from unittest import mock
from uuid import UUID

from tests.integration.application import CONTACTS, Answer, settings_for
from tests.integration.triggers.stage import Stage, triggers

from hastecrm.core.authentication import Authenticator, Claims
from hastecrm.core.clock import utc_now
from hastecrm.core.codes import Code
from hastecrm.core.tokens import AccessTokens


@triggers(Code.AUTH_TOKEN_EXPIRED)
async def _(stage: Stage) -> Answer:
    tokens = AccessTokens.of(settings_for("api", stage.environment)[0])
    old = tokens.issue(Claims(UUID(int=1), UUID(int=2)), None, utc_now() - timedelta(hours=1))
    with mock.patch.object(Authenticator, "principal", side_effect=lambda _: tokens.verify(old)):
        return await stage.api.call("GET", CONTACTS)
