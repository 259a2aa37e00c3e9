"""What a custom field is. No I/O, no clock."""

import re
from typing import Final

from hastecrm.core.bodies import wrong_value
from hastecrm.core.policy import Resource
from hastecrm.core.records.custom_fields import CHOOSING, TYPES
from hastecrm.core.records.kind import Field, Kind, Record, Type, Values

ENTITIES: Final = ("contact", "company", "deal")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_FIXED: Final = ("entity", "key", "type")


def _key(value: str) -> str:
    if not _KEY.fullmatch(value):
        raise ValueError("must be up to 40 small letters, digits and _, a letter first")
    return value


def prepare(before: Record | None, values: Values) -> Values:
    """Refuse what would turn values that are stored into something else, and choices without any."""
    for name in _FIXED:
        if before is not None and name in values:
            raise wrong_value(f"/{name}", "cannot be changed, as values are stored by it; add another field")
    after = {**(before or {}), **values}
    if (after["type"] in CHOOSING) != bool(after.get("options")):
        raise wrong_value("/options", "must be given for select and multiselect, and for nothing else")
    if len(set(after.get("options") or ())) != len(after.get("options") or ()):
        raise wrong_value("/options", "names something twice")
    return values


CUSTOM_FIELD: Final = Kind(
    "custom_field",
    "custom_fields",
    Resource.CUSTOM_FIELD,
    "A field that the workspace added to a kind of record.",
    [
        Field("entity", Type.ENUM, "The kind of record that has it.", "contact", required=True,
              choices=ENTITIES),
        Field("key", Type.TEXT, "Its name in `custom` and in filters.", "budget", required=True, check=_key),
        Field("label", Type.TEXT, "Its name for people.", "Budget", required=True, length=100),
        Field("type", Type.ENUM, "What it holds.", "number", required=True, choices=TYPES),
        Field("options", Type.TEXTS, "What can be chosen.", ["gold", "silver"], nullable=False, default=[],
              length=100),
        Field("required", Type.BOOLEAN, "Whether it must be given.", False, nullable=False, default=False),
        Field("position", Type.NUMBER, "Where it stands among the others.", 1, nullable=False, default=0,
              least=0, most=10_000),
    ],
    {"custom_fields_key_unique": "key"},
    sortable=("created_at", "position"),
    owned=False,
    tagged=False,
    custom=False,
    trashed=False,
    prepare=prepare,
)  # fmt: skip
