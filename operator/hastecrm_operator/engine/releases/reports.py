"""What the Jobs of a release report, as values. Pure."""

from typing import Literal

from pydantic import Field

from hastecrm_operator.api.model import Observed
from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.engine.releases.rejection import Failure
from hastecrm_operator.engine.reports import parsed


class Plan(Observed):
    """What `hastecrm migrate --plan` tells; what it does not tell is taken as the worse."""

    to: SchemaStatus | None = None
    """The schema that the release will run on."""
    needs_backup: bool = True


class Migration(Observed):
    """What `hastecrm migrate` tells."""

    version: int
    compatible_from: int
    deferred: tuple[str, ...] = Field(())
    """What is taken away only after promotion."""


class Analysis(Observed):
    """What `hastecrm analysis` tells."""

    verdict: Literal["Pass", "Fail", "Unknown"]
    reason: str = ""
    message: str = ""


class _Refusal(Observed):
    reason: str
    error: str


def plan_in(words: str) -> Plan:
    """Return the plan in a termination message."""
    return parsed(Plan, words) or Plan()


def migration_in(words: str) -> Migration | None:
    """Return what was migrated; None if the message does not say it."""
    return parsed(Migration, words)


def analysis_in(words: str) -> Analysis | None:
    """Return the judgement in a termination message; None if it holds none."""
    return parsed(Analysis, words)


def refusal_in(words: str, fallback: str) -> Failure:
    """Return why a program failed, in its own words if it could say them."""
    told = parsed(_Refusal, words)
    return Failure(told.reason, told.error) if told else Failure(fallback, words)
