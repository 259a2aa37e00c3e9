"""Contacts as JSON: what comes in is checked here once, what goes out is shaped here."""

import re
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem, InvalidInputError
from hastecrm.features.contacts.domain import Changes, Contact

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_EMAIL = re.compile(r"[^\s@,;<>()\"]+@[^\s@,;<>()\"]+\.[^\s@.,;<>()\"]{2,}")
_PHONE = re.compile(r"[0-9+(][0-9 ()./x-]{2,}")
Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")


def _one_line(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("must not contain control characters")
    return value


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail address such as ada@example.com")
    return value


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise ValueError("must be a phone number such as +43 1 234567")
    return value


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default")


FirstName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_one_line)]
LastName = Annotated[str, Field(max_length=100), AfterValidator(_one_line)]
Blankable = Annotated[T | None, BeforeValidator(_blank_is_none)]
Line = Annotated[str, AfterValidator(_one_line)]
Email = Blankable[Annotated[Line, Field(max_length=254), AfterValidator(_email)]]
Phone = Blankable[Annotated[Line, Field(max_length=40), AfterValidator(_phone)]]
JobTitle = Blankable[Annotated[Line, Field(max_length=100)]]
Company = Blankable[Annotated[Line, Field(max_length=200)]]


class NewContact(BaseModel):
    """The body of a POST."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    first_name: FirstName
    last_name: LastName = ""
    email: Email = None
    phone: Phone = None
    title: JobTitle = None
    company: Company = None

    def values(self) -> Changes:
        """Return every field."""
        return self.model_dump()


class ContactPatch(BaseModel):
    """The body of a PATCH (RFC 7396): absent fields stay, null empties a field that may be empty."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        hide_input_in_errors=True,
        json_schema_extra=_without_defaults,
    )

    # The defaults only stand for "absent": `values` returns what was sent and nothing else.
    first_name: FirstName = ""
    last_name: LastName = ""
    email: Email = None
    phone: Phone = None
    title: JobTitle = None
    company: Company = None

    def values(self) -> Changes:
        """Return only the fields that were sent."""
        return self.model_dump(exclude_unset=True)


class ShownContact(BaseModel):
    """A contact as `contact_json` shows it."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    title: str | None
    company: str | None
    version: int = Field(ge=1)
    created_at: datetime
    updated_at: datetime


class ShownPage(BaseModel):
    """Some contacts, and the cursor of those that follow, if any do."""

    model_config = ConfigDict(extra="forbid")

    items: list[ShownContact]
    next: str | None


class ShownCount(BaseModel):
    """How many contacts there are; `capped` when there are more than that."""

    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=0)
    capped: bool


def parse(model: type[Model], body: bytes) -> Model:
    """Return the body as a model; raises `InvalidInputError` with a JSON pointer for each wrong value."""
    try:
        return model.model_validate_json(body)
    except ValidationError as exc:
        raise _invalid(exc) from exc


def parse_id(text: str) -> UUID:
    """Return the id of an address; one that is no id names no contact."""
    try:
        return UUID(text)
    except ValueError as exc:
        raise BusinessError("There is no contact with this id.", code=Code.BIZ_NOT_FOUND) from exc


def contact_json(contact: Contact) -> dict[str, Any]:
    """Return the contact as it is shown to clients; dates are ISO 8601 in UTC once they are JSON."""
    return {
        "id": str(contact.id),  # asyncpg returns a subclass that orjson does not know
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone": contact.phone,
        "title": contact.title,
        "company": contact.company,
        "version": contact.version,
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
    }


def _invalid(exc: ValidationError) -> InvalidInputError:
    errors = exc.errors(include_url=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        detail = f"The body is not JSON: {errors[0]['ctx']['error']}."
        return InvalidInputError(detail, code=Code.VALIDATION_MALFORMED_JSON)
    problems = [FieldProblem(_pointer(error["loc"]), _said(error)) for error in errors]
    where = ", ".join(problem.where or "the body" for problem in problems)
    return InvalidInputError(f"Correct the following and send it again: {where}.", errors=problems)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _said(error: Any) -> str:
    context = error.get("ctx", {})
    return {
        "missing": "is required",
        "extra_forbidden": "is not a field of a contact",
        "string_type": "must be text",
        "string_too_short": "must not be empty",
        "string_too_long": f"must have at most {context.get('max_length')} characters",
        "model_type": "must be a JSON object",
        "string_unicode": "must be valid Unicode text",
    }.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
