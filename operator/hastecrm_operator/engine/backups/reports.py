"""What the programs in the image say at their end, as values. Pure."""

from typing import NamedTuple

import orjson
from pydantic import Field

from hastecrm_operator.api.model import Observed
from hastecrm_operator.api.reasons import Dumps
from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.engine.backups.fields import in_fields
from hastecrm_operator.engine.reports import parsed


class Found(NamedTuple):
    """A dump that is in the destination."""

    name: str
    bytes: int
    taken_at: str
    verified_at: str | None = None


class DumpReport(Observed):
    """What `hastecrm backup` reports of a dump that is good."""

    name: str
    key: str
    bytes: int
    sha256: str
    seconds: float = 0.0
    taken_at: str
    schema_: SchemaStatus | None = Field(None, alias="schema")
    server_version: str | None = None
    tables: int | None = None
    rows: int | None = None
    encrypted: bool = False
    pruned: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    """The newest dumps in the destination, newest first; as many as fit."""
    dumps: int | None = None
    """How many there are."""


class DrillReport(Observed):
    """What `hastecrm verify` reports of a dump that was restored and passed every check."""

    name: str
    taken_at: str
    rto_seconds: float
    rpo_seconds: float


class Refusal(NamedTuple):
    """Why a program did not do its work: a word for machines, and a sentence with the way out."""

    reason: str
    error: str


def dump_report(words: str) -> DumpReport | None:
    """Return what a termination message says of a dump; None if it is no such report."""
    return parsed(DumpReport, words)


def drill_report(words: str) -> DrillReport | None:
    """Return what a termination message says of a drill; None if it is no such report."""
    return parsed(DrillReport, words)


def refusal(words: str, otherwise: str) -> Refusal:
    """Return why a Job failed: what its last pod said, else what the cluster says."""
    try:
        said = orjson.loads(words)
        return Refusal(str(said["reason"]), in_fields(str(said["error"])))
    except (ValueError, KeyError, TypeError):
        return Refusal(Dumps.BACKUP_FAILED, words.strip() or otherwise)
