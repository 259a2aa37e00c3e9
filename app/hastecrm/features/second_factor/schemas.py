"""Second factors as JSON."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from hastecrm.core.bodies import BODY, SHOWN, Line

Secret = Annotated[
    str,
    StringConstraints(strip_whitespace=False, min_length=1, max_length=1024),
    Field(json_schema_extra={"format": "password", "writeOnly": True}),
]


class Confirmed(BaseModel):
    """The password of now, so that a device left open changes nothing."""

    model_config = BODY

    password: Secret


class OneTimeCode(BaseModel):
    """What the app shows."""

    model_config = BODY

    code: Annotated[Line, Field(min_length=1, max_length=20)]


class ShownState(BaseModel):
    """How things are."""

    model_config = SHOWN

    enabled: bool
    recovery_codes_left: int = Field(ge=0)


class ShownSecret(BaseModel):
    """What goes into the authenticator app: typed, or as a QR code of `uri`."""

    model_config = SHOWN

    secret: str
    uri: str


class ShownCodes(BaseModel):
    """Recovery codes, each good once; they are shown only now."""

    model_config = SHOWN

    recovery_codes: list[str]
