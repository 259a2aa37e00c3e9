"""What a tag is. No I/O, no clock."""

import re
from typing import Final

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Type

_COLOUR = re.compile(r"#[0-9A-F]{6}")


def colour(value: str) -> str:
    """Return a colour as it is stored; raises ValueError."""
    if not _COLOUR.fullmatch(value.upper()):
        raise ValueError("must be a colour such as #4F46E5")
    return value.upper()


TAG: Final = Kind(
    "tag",
    "tags",
    Resource.TAG,
    "A word that records can have.",
    [
        Field("name", Type.TEXT, "The word, whatever its capitals.", "VIP", required=True, length=60),
        Field("colour", Type.TEXT, "Its colour.", "#4F46E5", nullable=False, default="#6B7280", check=colour),
    ],
    {"tags_name_unique": "name"},
    sortable=("created_at", "name"),
    owned=False,
    tagged=False,
    custom=False,
    trashed=False,
)
