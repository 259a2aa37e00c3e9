"""What an attachment is, and the rules that it keeps. No I/O here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hastecrm.core.bodies import wrong_value
from hastecrm.core.files.media_types import is_program_name
from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Record, Target, Type, Values

# What can have attachments, and its table.
PARENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contact": "contacts",
        "company": "companies",
        "deal": "deals",
        "task": "tasks",
        "note": "notes",
        "activity": "activities",
    }
)
_REFERENCES: Final = tuple(f"{parent}_id" for parent in PARENTS)


def prepare(before: Record | None, values: Values) -> Values:
    """Return the values; raises `InvalidInputError` for a name that no file has, and for two records."""
    name = values.get("name", "")
    if "/" in name or "\\" in name:
        raise wrong_value("/name", "must be the name of a file, without a folder")
    if is_program_name(name):
        raise wrong_value("/name", "is that of a program; pack it into an archive if it has to be kept here")
    after = {**(before or {}), **values}
    several = [reference for reference in _REFERENCES if after.get(reference) is not None]
    if len(several) > 1:
        raise wrong_value(f"/{several[1]}", f"cannot stand beside {several[0]}: a file belongs to one record")
    return values


ATTACHMENT: Final = Kind(
    "attachment",
    "attachments",
    Resource.ATTACHMENT,
    "A file, mostly of a record: whoever sees that sees it, and its owner is that record's.",
    [
        Field("name", Type.TEXT, "What it is called, with its ending.", "notes.txt", required=True,
              length=200),
        Field("media_type", Type.TEXT, "What its content is; nothing until that is sent.", "application/pdf",
              length=100, writable=False),
        Field("size", Type.NUMBER, "How many bytes its content has.", 48_213, writable=False),
        Field("sha256", Type.TEXT, "The hash of its content.", "9f86d081884c7d65…", length=64,
              writable=False),
        *(
            Field(f"{parent}_id", Type.REFERENCE, f"The {parent} that it belongs to.", str(UUID(int=number)),
                  refers_to=Target(parent, table))
            for number, (parent, table) in enumerate(PARENTS.items(), start=1)
        ),
    ],
    {},
    tagged=False,
    custom=False,
    prepare=prepare,
)  # fmt: skip
