"""Bodies and ids from outside: checked once, with a JSON pointer for each wrong value. No I/O here."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem, InvalidInputError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_EMAIL = re.compile(r"[^\s@,;<>()\"]+@[^\s@,;<>()\"]+\.[^\s@.,;<>()\"]{2,}")
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


def blank_is_none(value: object) -> object:
    """Return None for text without any letter."""
    return None if isinstance(value, str) and not value.strip() else value


def without_defaults(schema: dict[str, Any]) -> None:
    """Take the defaults out of a patch's JSON schema: there they only stand for "absent"."""
    for field in schema["properties"].values():
        field.pop("default", None)


Line = Annotated[str, AfterValidator(_one_line)]
Blankable = Annotated[T | None, BeforeValidator(blank_is_none)]
EmailAddress = Annotated[Line, Field(max_length=254), AfterValidator(_email)]

# Unknown fields are refused: a client that misspells one must not believe that it was stored.
BODY = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)
PATCH = ConfigDict(**BODY, json_schema_extra=without_defaults)
# What is only shown is never parsed: its machinery is built when the OpenAPI document is asked for.
SHOWN = ConfigDict(extra="forbid", defer_build=True)


def parse(model: type[Model], body: bytes) -> Model:
    """Return the body as a model; raises `InvalidInputError` with a JSON pointer for each wrong value."""
    try:
        return model.model_validate_json(body)
    except ValidationError as exc:
        raise _invalid(exc) from exc


def parse_values(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return values that are no longer JSON as a model; raises `InvalidInputError` as `parse` does."""
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise _invalid(exc) from exc


def parse_id(text: str, kind: str) -> UUID:
    """Return the id of an address; one that is no id names no record of this kind."""
    try:
        return UUID(text)
    except ValueError as exc:
        raise not_found(kind) from exc


def parse_query_id(query: Mapping[str, str], name: str) -> UUID | None:
    """Return the id that a query parameter names, or None when it is absent; raises `InvalidInputError`."""
    try:
        return UUID(query[name]) if name in query else None
    except ValueError as exc:
        problem = FieldProblem(name, "must be an id", in_query=True)
        raise InvalidInputError(f"{name} must be an id.", errors=[problem]) from exc


def parse_query_text(query: Mapping[str, str], name: str) -> str | None:
    """Return a short text of the query, or None when it is absent; raises `InvalidInputError`."""
    value = query.get(name)
    if value is not None and not (value.isprintable() and 1 <= len(value) <= 100):
        problem = FieldProblem(name, "must be 1 to 100 printable characters", in_query=True)
        raise InvalidInputError(f"{name} {problem.detail}.", errors=[problem])
    return value


def parse_query_flag(query: Mapping[str, str], name: str) -> bool:
    """Return whether a query parameter says `true`; absent is `false`; raises `InvalidInputError`."""
    value = query.get(name, "false")
    if value not in ("true", "false"):
        problem = FieldProblem(name, "must be true or false", in_query=True)
        raise InvalidInputError(f"{name} must be true or false.", errors=[problem])
    return value == "true"


def shown(model: type[BaseModel], value: object) -> dict[str, Any]:
    """Return the fields of a model as `value` has them, for `http.json_response`."""
    return {name: getattr(value, name) for name in model.model_fields}


def not_found(kind: str) -> BusinessError:
    """Return the answer to an id that names no record of this kind, or none that is theirs to see."""
    return BusinessError(f"There is no {kind} with this id.", code=Code.BIZ_NOT_FOUND)


def wrong_value(pointer: str, problem: str) -> InvalidInputError:
    """Return the answer to one value that turned out wrong only when it was looked up."""
    detail = f"Correct the following and send it again: {pointer} {problem}."
    return InvalidInputError(detail, errors=[FieldProblem(pointer, problem)])


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
        "extra_forbidden": "is not a field that belongs here",
        "string_type": "must be text",
        "string_too_short": "must not be empty",
        "string_too_long": f"must have at most {context.get('max_length')} characters",
        "model_type": "must be a JSON object",
        "string_unicode": "must be valid Unicode text",
        "uuid_parsing": "must be an id",
        "uuid_type": "must be an id",
        "enum": f"must be {context.get('expected')}",
        "literal_error": f"must be {context.get('expected')}",
        "int_type": "must be a whole number",
        "bool_type": "must be true or false",
        "list_type": "must be a list",
        "dict_type": "must be an object",
        "date_type": "must be a date such as 2026-01-31",
        "too_long": f"must have at most {context.get('max_length')} entries",
    }.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
