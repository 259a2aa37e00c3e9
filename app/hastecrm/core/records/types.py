"""The types of fields as pydantic checks them, coming in and going out. No I/O here."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, FiniteFloat, StrictBool
from pydantic import Field as Constraint

from hastecrm.core.bodies import EmailAddress, Line, blank_is_none
from hastecrm.core.records.kind import TEXTUAL, Field, Type

_PHONE = re.compile(r"[0-9+(][0-9 ()./x-]{2,}")
_URL = re.compile(r"https?://[^\s/?#@\"<>]+(?:[/?#][^\s\"<>]*)?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SAFE_INTEGER: Final = (1 << 53) - 1  # beyond it JavaScript rounds


def _lines(value: str) -> str:
    value = value.replace("\r\n", "\n")
    if _CONTROL.search(value):
        raise ValueError("must not contain control characters but line breaks and tabs")
    return value


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise ValueError("must be a phone number such as +43 1 234567")
    return value


def _url(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be an address such as https://example.com/about")
    return value


_BASES: Final[Mapping[Type, Any]] = {
    Type.TEXT: Line,
    Type.LONG_TEXT: Annotated[str, AfterValidator(_lines)],
    Type.EMAIL: EmailAddress,
    Type.PHONE: Annotated[Line, AfterValidator(_phone)],
    Type.URL: Annotated[Line, AfterValidator(_url)],
    Type.NUMBER: Annotated[int, Constraint(strict=True)],
    Type.MONEY: Annotated[Decimal, Constraint(max_digits=15, decimal_places=2)],
    Type.DATE: Annotated[date, Constraint(strict=True)],
    Type.DATETIME: Annotated[AwareDatetime, Constraint(strict=True)],
    Type.BOOLEAN: StrictBool,
    Type.REFERENCE: UUID,
}
_SHOWN: Final[Mapping[Type, Any]] = {
    Type.MONEY: str,
    Type.DATE: date,
    Type.DATETIME: datetime,
    Type.NUMBER: int,
    Type.BOOLEAN: bool,
    Type.REFERENCE: UUID,
    Type.TEXTS: list[str],
}
_Word = Annotated[Line, Constraint(max_length=200)]
_CustomValue = (
    Annotated[str, Constraint(max_length=2_000), AfterValidator(_lines)]
    | StrictBool
    | Annotated[int, Constraint(strict=True, ge=-_SAFE_INTEGER, le=_SAFE_INTEGER)]
    | Annotated[FiniteFloat, Constraint(strict=True)]
    | Annotated[list[_Word], Constraint(max_length=50)]
    | None
)
Custom = Annotated[
    dict[Annotated[str, Constraint(pattern="^[a-z][a-z0-9_]{0,39}$")], _CustomValue],
    Constraint(max_length=100),
]
Tags = Annotated[list[UUID], Constraint(max_length=50)]


def taken(field: Field) -> Any:
    """Return the type that a request's value of this field must have."""
    kind: Any = _base(field)
    if field.type in TEXTUAL:
        kind = Annotated[kind, Constraint(min_length=1 if field.required else 0, max_length=field.length)]
        kind = Annotated[kind, AfterValidator(field.check)] if field.check is not None else kind
        return Annotated[kind | None, BeforeValidator(blank_is_none)] if field.may_be_null else kind
    if field.least is not None or field.most is not None:
        kind = Annotated[kind, Constraint(ge=field.least, le=field.most)]
    return kind | None if field.may_be_null else kind


def given(field: Field) -> Any:
    """Return the type that an answer's value of this field has."""
    kind: Any = _one_of(field) if field.type is Type.ENUM else _SHOWN.get(field.type, str)
    return kind | None if field.may_be_null else kind


def _base(field: Field) -> Any:
    if field.type is Type.ENUM:
        return _one_of(field)
    if field.type is Type.TEXTS:
        return Annotated[list[_Word], Constraint(max_length=field.length or 50)]
    return _BASES[field.type]


def _one_of(field: Field) -> Any:
    return Literal[tuple(field.choices)]
