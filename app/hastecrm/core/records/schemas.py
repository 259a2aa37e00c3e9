"""Records of a kind as JSON: the models that requests are checked against, and that the document shows.

They are pydantic models as if written by hand; each is built when it is used for the first time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model
from pydantic import Field as Constraint

from hastecrm.core.bodies import BODY, SHOWN, without_defaults
from hastecrm.core.records.kind import Field, Kind, Values
from hastecrm.core.records.types import Custom, Tags, given, taken

_NEW = ConfigDict(**BODY, defer_build=True)
_PATCH = ConfigDict(**_NEW, json_schema_extra=without_defaults)
_TAGS = "Ids of its tags; all of them, a change replaces the whole list."
_CUSTOM = (
    "The fields that the workspace added, by key; in a change, null empties one and what is absent stays."
)


class ShownCount(BaseModel):
    """How many records there are; `capped` when there are more than that."""

    model_config = SHOWN

    count: int = Constraint(ge=0)
    capped: bool


@dataclass(frozen=True, slots=True)
class Models:
    """The models of one kind: a new one, a change (RFC 7396), one that is shown, a page of them."""

    new: type[BaseModel]
    patch: type[BaseModel]
    shown: type[BaseModel]
    page: type[BaseModel]


@lru_cache
def models_of(kind: Kind) -> Models:
    """Return the models of a kind, made once."""
    shown = _model(f"Shown{kind.type_name}", kind.description, SHOWN, _shown_fields(kind))
    items: Any = list[shown]  # type: ignore[valid-type] # made by the line above
    page = {"items": (items, ...), "next": (str | None, ...)}
    return Models(
        _model(f"New{kind.type_name}", "The body of a POST.", _NEW, _fields(kind, is_new=True)),
        _model(f"{kind.type_name}Patch", _OF_PATCH, _PATCH, _fields(kind, is_new=False)),
        shown,
        _model(f"Shown{kind.type_name}Page", _OF_PAGE, SHOWN, page),
    )


_OF_PATCH = "The body of a PATCH (RFC 7396): absent fields stay, null empties a field that may be empty."
_OF_PAGE = "Some records, and the cursor of those that follow, if any do."


def values_of(body: BaseModel) -> Values:
    """Return only what was sent: for a new record the rest has its default, in a change it stays."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def _model(name: str, doc: str, config: ConfigDict, fields: Mapping[str, Any]) -> type[BaseModel]:
    made: type[BaseModel] = create_model(name, __config__=config, __doc__=doc, **fields)
    return made


def _fields(kind: Kind, *, is_new: bool) -> dict[str, Any]:
    found = {field.name: _taken(field, is_new=is_new) for field in kind.fields if field.writable}
    if kind.owned:
        found["owner_id"] = _taken(kind.by_name["owner_id"], is_new=is_new)
    if kind.tagged:
        found["tags"] = (Tags, Constraint([], description=_TAGS))
    if kind.custom:
        found["custom"] = (Custom, Constraint({}, description=_CUSTOM))
    return found


def _taken(field: Field, *, is_new: bool) -> tuple[Any, Any]:
    # In a patch the default only stands for "absent".
    default: Any = ... if field.required and is_new else field.default
    return taken(field), Constraint(default, description=field.description, examples=[field.example])


def _shown_fields(kind: Kind) -> dict[str, Any]:
    hidden: dict[str, Any] = {"tags": Tags, "custom": dict[str, Any]}
    return {
        name: (given(kind.by_name[name]), Constraint(description=kind.by_name[name].description))
        if name in kind.by_name
        else (hidden[name], ...)
        for name in kind.columns
    }
