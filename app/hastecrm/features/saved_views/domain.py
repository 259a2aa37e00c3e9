"""What a saved view is, who sees it and who may change it. No I/O, no clock."""

from typing import Final
from uuid import UUID

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Record, Type

_ID: Final = "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8"


def is_seen(view: Record, user: UUID | None) -> bool:
    """Whether somebody sees a view: their own, those that are shared, and those of nobody."""
    return bool(view["shared"]) or view["owner_id"] in (None, user)


SAVED_VIEW: Final = Kind(
    "saved_view",
    "saved_views",
    Resource.SAVED_VIEW,
    "A list that somebody wants to see again.",
    [
        Field("name", Type.TEXT, "Its name.", "New in Vienna", required=True, length=100),
        Field("entity", Type.TEXT, "The kind of record that it lists.", "contact", required=True, length=40),
        Field("filter", Type.TEXT, "Which records, in the language of filters.", 'city = "Vienna"',
              nullable=False, default="", length=2_000),
        Field("order_by", Type.TEXT, "How they are sorted.", "last_name", nullable=False, default="",
              length=100),
        Field("columns", Type.TEXTS, "The fields that are shown, in order.", ["first_name", "city"],
              nullable=False, default=[], length=50),
        Field("shared", Type.BOOLEAN, "Whether everyone sees it.", True, nullable=False, default=False),
        Field("owner_id", Type.REFERENCE, "Who made it.", _ID, writable=False),
    ],
    {},
    sortable=("created_at", "name"),
    owned=False,
    tagged=False,
    custom=False,
    trashed=False,
    is_seen=is_seen,
    seen_where="(shared OR owner_id IS NULL OR owner_id = {me})",
)  # fmt: skip
