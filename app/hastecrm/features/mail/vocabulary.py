"""What placeholders may name: fields of the contact, of its company, and of whoever sends the mail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from hastecrm.core.bodies import wrong_value
from hastecrm.core.identity import Principal
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.records.kind import Kind, Record, Type, Values
from hastecrm.features.mail.domain import WRITTEN, Placeholder, placeholders

_CUSTOM: Final = "custom."
_SENDER: Final = ("name", "email")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Knows the placeholders; `kinds` are those whose fields they name, by what they are called in them."""

    kinds: Mapping[str, Kind]
    fields: CustomFields

    async def check(self, connection: Any, who: Principal, values: Values) -> None:
        """Raise `InvalidInputError` for what is no placeholder, or names a field that there is not."""
        for name in WRITTEN:
            try:
                named = set(placeholders(values.get(name) or ""))
            except ValueError as exc:
                raise wrong_value(f"/{name}", str(exc)) from exc
            for each in named:
                if not await self._is_known(connection, who, each):
                    problem = f"has {{{{{each.name}}}}}, which is none of: {', '.join(self.names())}"
                    raise wrong_value(f"/{name}", problem)

    def names(self) -> Iterator[str]:
        """Yield the names of all placeholders."""
        for whose, kind in self.kinds.items():
            yield from (f"{whose}.{name}" for name in _fields(kind))
            yield f"{whose}.{_CUSTOM}KEY"
        yield from (f"sender.{name}" for name in _SENDER)

    async def _is_known(self, connection: Any, who: Principal, each: Placeholder) -> bool:
        if each.whose == "sender":
            return each.field in _SENDER
        if (kind := self.kinds.get(each.whose)) is None:
            return False
        if not each.field.startswith(_CUSTOM):
            return each.field in _fields(kind)
        key = each.field.removeprefix(_CUSTOM)
        return key in await self.fields.known(connection, who.workspace, kind.name, (key,))


@dataclass(frozen=True, slots=True)
class TemplateRules:
    """Keeps templates that can be filled in."""

    vocabulary: Vocabulary

    async def complete(
        self, connection: Any, who: Principal, _before: Record | None, values: Values
    ) -> Values:
        """Return the values; raises `InvalidInputError` for placeholders that name nothing."""
        await self.vocabulary.check(connection, who, values)
        return values

    async def settle(self, connection: Any, who: Principal, before: Record | None, after: Record) -> None:
        """Nothing belongs to a template."""

    async def end(self, connection: Any, who: Principal, record: Record) -> None:
        """Letters that wait have their own text."""


def spoken(whose: str, kind: Kind, record: Record) -> Iterator[tuple[str, str]]:
    """Yield the name of each placeholder of a record with its value as a mail says it."""
    for name in _fields(kind):
        yield f"{whose}.{name}", _said(record[name])
    for key, value in orjson.loads(record["custom"] or "{}").items():
        yield f"{whose}.{_CUSTOM}{key}", _said(value)


def _fields(kind: Kind) -> Iterator[str]:
    return (field.name for field in kind.fields if field.type is not Type.REFERENCE)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return "" if value is None else str(value)
