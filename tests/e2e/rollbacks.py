"""What tests and benches ask of releases that go back by themselves."""

from datetime import datetime
from typing import Any

from tests.e2e.installation import Installation

QUICK = {"journey": True, "window": "10s", "maxP95": "2s"}


def condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(c for c in status["conditions"] if c["type"] == kind)


def until_rolled_back(crm: Installation, generation: int, seconds: float = 150) -> dict[str, Any]:
    def is_back(status: dict[str, Any]) -> bool:
        return status.get("observedGeneration", 0) >= generation and status["phase"] == "RolledBack"

    return crm.until(is_back, seconds)


def took(status: dict[str, Any]) -> float:
    """Return the seconds from the failed check to the last old pod that is ready again."""
    failed = datetime.fromisoformat(status["release"]["rejected"][0]["at"])
    return (datetime.fromisoformat(status["release"]["phaseStartedAt"]) - failed).total_seconds()
