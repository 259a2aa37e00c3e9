"""What the addresses of sign-in providers promise to clients."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from hastecrm.core.codes import Code
from hastecrm.core.operations import Operation, Parameter, Reply
from hastecrm.core.policy import Open
from hastecrm.core.rate_limit.limiter import Zone
from hastecrm.features.openid.schemas import (
    Finish,
    Redeem,
    ShownOpenIDTicket,
    ShownProviders,
    ShownStart,
    Start,
)

PATH: Final = "/api/v1/auth/openid"
_NAME: Mapping[str, Any] = MappingProxyType({"type": "string", "pattern": "^[a-z][a-z0-9-]{0,30}$"})

LIST = Operation(
    "listProviders",
    "GET",
    PATH,
    "List the providers that people can sign in with",
    [Reply(200, "The providers", ShownProviders)],
    Open.PUBLIC,
)
START = Operation(
    "startProvider",
    "POST",
    f"{PATH}/{{provider}}/start",
    "Begin to sign in with a provider",
    [Reply(200, "Where to send the browser", ShownStart)],
    Open.PUBLIC,
    body=Start,
    parameters=[Parameter("provider", "path", "The provider's name.", _NAME)],
    codes=[Code.BIZ_NOT_FOUND, Code.SYS_UPSTREAM_UNAVAILABLE],
    zone=Zone.AUTH,
)
FINISH = Operation(
    "finishProvider",
    "POST",
    f"{PATH}/finish",
    "Come back from a provider with a code",
    [Reply(200, "A ticket for the account", ShownOpenIDTicket)],
    Open.PUBLIC,
    body=Finish,
    codes=[
        Code.AUTH_OPENID_REFUSED,
        Code.AUTH_NO_ACCOUNT,
        Code.BIZ_NOT_FOUND,
        Code.SYS_UPSTREAM_UNAVAILABLE,
    ],
    zone=Zone.AUTH,
)


def redeem(shown: type[BaseModel]) -> Operation:
    """Return the operation that opens a session; what it shows is what every sign-in shows."""
    return Operation(
        "redeemTicket",
        "POST",
        f"{PATH}/session",
        "Open a session with a ticket, and the second factor of those who have one",
        [Reply(200, "The tokens of a new session", shown)],
        Open.PUBLIC,
        body=Redeem,
        codes=[
            Code.AUTH_OPENID_REFUSED,
            Code.AUTH_INVALID_CREDENTIALS,
            Code.AUTH_ACCOUNT_LOCKED,
            Code.AUTH_TWO_FACTOR_REQUIRED,
            Code.AUTH_TWO_FACTOR_INVALID,
        ],
        zone=Zone.AUTH,
    )
