"""What the Jobs of a release report, as values. Pure."""

from typing import Literal, TypeVar

import orjson
from pydantic import Field, ValidationError

from hastecrm_operator.api.model import Observed
from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.engine.releases.rejection import Failure

T = TypeVar("T", bound=Observed)


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
    return _parsed(Plan, words) or Plan()


def migration_in(words: str) -> Migration | None:
    """Return what was migrated; None if the message does not say it."""
    return _parsed(Migration, words)


def analysis_in(words: str) -> Analysis | None:
    """Return the judgement in a termination message; None if it holds none."""
    return _parsed(Analysis, words)


def refusal_in(words: str, fallback: str) -> Failure:
    """Return why a program failed, in its own words if it could say them."""
    told = _parsed(_Refusal, words)
    return Failure(told.reason, told.error) if told else Failure(fallback, words)


def _parsed(model: type[T], words: str) -> T | None:
    try:
        return model.model_validate(orjson.loads(words))
    except (orjson.JSONDecodeError, ValidationError):
        return None
