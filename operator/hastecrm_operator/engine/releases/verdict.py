"""Whether the application can go back to a revision, from the contract that each schema declares. Pure."""

from enum import StrEnum
from typing import Final, NamedTuple

from hastecrm_operator.api.status import SchemaStatus


class Way(StrEnum):
    """What going back would mean."""

    SAFE = "Safe"
    NEEDS_RESTORE = "NeedsRestore"
    FREEZE = "Freeze"


class Outlook(NamedTuple):
    """The way back, and why it is that one."""

    way: Way
    reason: str


UNTOUCHED: Final = Outlook(Way.SAFE, "the schema is not touched")


def outlook(revision: int, made_for: int | None, schema: SchemaStatus | None, *, backup: bool) -> Outlook:
    """Return what going back to a revision means on a database with this schema.

    `made_for` is the version of the schema that the revision was released with; `backup` whether there is a
    dump of its data. What is unknown is never called safe.
    """
    if schema and made_for is not None and made_for >= schema.compatible_from:
        return Outlook(Way.SAFE, f"revision {revision} runs on schema {schema.version}")
    if schema is None or made_for is None:
        why = f"it is not known whether revision {revision} runs on the schema"
    else:
        why = (
            f"schema {schema.version} serves releases from schema {schema.compatible_from} on, "
            f"and revision {revision} was made for {made_for}"
        )
    return (
        Outlook(Way.NEEDS_RESTORE, f"{why}; the data from before can be restored")
        if backup
        else Outlook(Way.FREEZE, f"{why}, and there is no backup of its data")
    )
