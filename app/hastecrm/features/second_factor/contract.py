"""What the addresses of the second factor promise to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import Operation, Reply
from hastecrm.core.policy import Open
from hastecrm.core.rate_limit.limiter import Zone
from hastecrm.features.second_factor.schemas import (
    Confirmed,
    OneTimeCode,
    ShownCodes,
    ShownSecret,
    ShownState,
)

PATH: Final = "/api/v1/me/second-factor"
_PERSON = (Code.AUTH_FORBIDDEN,)
_PASSWORD = (*_PERSON, Code.AUTH_ACCOUNT_LOCKED)

SHOW = Operation(
    "showSecondFactor",
    "GET",
    PATH,
    "Show whether one's second factor is on",
    [Reply(200, "How things are", ShownState)],
    Open.SIGNED_IN,
    codes=_PERSON,
)
BEGIN = Operation(
    "beginSecondFactor",
    "POST",
    PATH,
    "Get a secret for an authenticator app; it counts once it is confirmed",
    [Reply(201, "The secret", ShownSecret)],
    Open.SIGNED_IN,
    body=Confirmed,
    codes=[*_PASSWORD, Code.BIZ_SECOND_FACTOR_ON],
    zone=Zone.AUTH,
)
CONFIRM = Operation(
    "confirmSecondFactor",
    "POST",
    f"{PATH}/confirm",
    "Turn it on with a code of the app; get recovery codes",
    [Reply(200, "Recovery codes, shown only now", ShownCodes)],
    Open.SIGNED_IN,
    body=OneTimeCode,
    codes=[*_PERSON, Code.BIZ_SECOND_FACTOR_OFF],
    zone=Zone.AUTH,
)
RENEW_CODES = Operation(
    "renewRecoveryCodes",
    "POST",
    f"{PATH}/recovery-codes",
    "Get new recovery codes in place of the old ones",
    [Reply(200, "Recovery codes, shown only now", ShownCodes)],
    Open.SIGNED_IN,
    body=Confirmed,
    codes=[*_PASSWORD, Code.BIZ_SECOND_FACTOR_OFF],
    zone=Zone.AUTH,
)
TURN_OFF = Operation(
    "turnSecondFactorOff",
    "POST",
    f"{PATH}/off",
    "Turn it off",
    [Reply(204, "It is off")],
    Open.SIGNED_IN,
    body=Confirmed,
    codes=[*_PASSWORD, Code.BIZ_SECOND_FACTOR_OFF],
    zone=Zone.AUTH,
)
OPERATIONS: Final = (SHOW, BEGIN, CONFIRM, RENEW_CODES, TURN_OFF)
