"""What an import is, and the states that it goes through. No I/O here."""

from enum import StrEnum
from typing import Final

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Type
from hastecrm.features.imports.domain import Empty, Strategy

IMPORTABLE: Final = ("contact", "company")
COUNTS: Final = ("created", "updated", "unchanged", "skipped", "refused")


class State(StrEnum):
    """Where an import stands."""

    DRAFT = "draft"  # without a file
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    CHECKED = "checked"  # a dry run has ended
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


# In these, what is to happen can still be changed.
OPEN: Final = frozenset({State.DRAFT, State.READY, State.CHECKED})
# From these it can be started; what was stopped half-way goes on where it was.
STARTABLE: Final = frozenset({State.READY, State.CHECKED, State.FAILED, State.CANCELLED})
CANCELLABLE: Final = frozenset({State.READY, State.CHECKED, State.QUEUED, State.RUNNING})


def _count(name: str, description: str) -> Field:
    return Field(name, Type.NUMBER, description, 3, nullable=False, default=0, writable=False)


IMPORT: Final = Kind(
    "import",
    "imports",
    Resource.IMPORT,
    "A file that becomes records, in the background, and what came of each row.",
    [
        Field("name", Type.TEXT, "What it is called.", "People from the fair", required=True, length=200),
        Field("entity", Type.ENUM, "What its rows are.", "contact", required=True, choices=IMPORTABLE),
        Field("strategy", Type.ENUM, "Which rows count: new ones, known ones, or both.", "both",
              nullable=False, default="both", choices=tuple(Strategy)),
        Field("empty", Type.ENUM, "What an empty cell does to a field of a known record.", "keep",
              nullable=False, default="keep", choices=tuple(Empty)),
        Field("mapping", Type.TEXTS, "The field of each column, in their order; empty: it goes nowhere.",
              ["first_name", "", "email"], nullable=False, default=(), length=200, filterable=False),
        Field("columns", Type.TEXTS, "What the columns of the file are called.",
              ["Vorname", "Sternzeichen", "E-Mail"], nullable=False, default=(), writable=False,
              filterable=False),
        Field("encoding", Type.TEXT, "How the file writes letters.", "utf-8", writable=False),
        Field("delimiter", Type.TEXT, "What separates its cells.", ";", writable=False, filterable=False),
        Field("file_id", Type.REFERENCE, "The file.", "0192f0c1-2345-7abc-8def-0123456789ab",
              writable=False, filterable=False),
        Field("state", Type.ENUM, "Where it stands.", "done", nullable=False, default="draft",
              choices=tuple(State), writable=False),
        Field("dry_run", Type.BOOLEAN, "Whether the counts are those of a dry run.", False,
              nullable=False, default=False, writable=False),
        Field("problem", Type.TEXT, "Why it failed.", "The file is gone.", writable=False,
              filterable=False),
        _count("total", "How many rows the file has, about until it is read."),
        _count("done", "How many rows have been looked at."),
        _count("created", "How many records were added."),
        _count("updated", "How many records were changed."),
        _count("unchanged", "How many rows changed nothing."),
        _count("skipped", "How many rows the strategy leaves out."),
        _count("refused", "How many rows are wrong."),
        Field("started_at", Type.DATETIME, "When it began.", "2026-11-27T09:30:00Z", writable=False),
        Field("ended_at", Type.DATETIME, "When it ended.", "2026-11-27T09:31:00Z", writable=False),
    ],
    {},
    tagged=False,
    custom=False,
    trashed=False,
)  # fmt: skip
