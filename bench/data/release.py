"""What users notice of an upgrade and of one that goes back by itself, and how long that takes."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bench.service.program import BenchError
from bench.service.results import Row
from tests.e2e import faults
from tests.e2e.installation import Installation, installed
from tests.e2e.load import Load
from tests.e2e.rollbacks import QUICK, condition, took, until_rolled_back

from stages import StageFailed, cluster

_CLUSTER = "hastecrm-bench"
_RATE = 100.0
_SECONDS = 180.0


@dataclass
class _Seen:
    """Samples of one kind of release."""

    seconds: list[float] = field(default_factory=list)
    failed: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


def measure(runs: int) -> Sequence[Row]:
    """Upgrade, crash and be slow a few times; return the rows."""
    try:
        with _pods() as kubeconfig, installed(kubeconfig, "bench") as crm:
            faults.make(crm)
            crm.until_ready(crm.patch({"release": {"verify": QUICK, "progressDeadline": "3m"}}))
            upgrades, crashes, slow = _Seen(), _Seen(), list[float]()
            for run in range(runs):
                _upgrade(crm, f"good-{run}", upgrades)
                _crash(crm, f"bad-{run}", crashes)
                slow.append(_be_slow(crm, f"slow-{run}"))
    except (StageFailed, AssertionError) as exc:
        raise BenchError(str(exc)) from exc
    return _rows(upgrades, crashes, slow)


def _rows(upgrades: _Seen, crashes: _Seen, slow: Sequence[float]) -> Sequence[Row]:
    return [
        Row("Good upgrade: failed requests", upgrades.failed, "", goal=0),
        Row("Load meanwhile", upgrades.rates, "req/s"),
        Row(f"From the new spec to Ready, {QUICK['window']} of it measuring", upgrades.seconds, "s"),
        Row("Image that crashes at its start: failed requests", crashes.failed, "", goal=0),
        Row("Load meanwhile, until it has gone back", crashes.rates, "req/s"),
        Row("From the failed check to the last old pod ready again", crashes.seconds, "s", goal=30),
        Row("Image that answers slowly, without any load: from ready pods to the verdict", slow, "s"),
    ]


@contextmanager
def _pods() -> Iterator[str]:
    given = os.environ.get("HASTECRM_TEST_KUBECONFIG")
    if given:
        yield given
        return
    with cluster(_CLUSTER) as made:
        yield made


def _upgrade(crm: Installation, mark: str, seen: _Seen) -> None:
    load = Load(crm, _RATE)
    begun = time.monotonic()
    crm.until_ready(_changed(crm, "", mark), _SECONDS)
    seen.seconds.append(time.monotonic() - begun)
    _note(load, seen)


def _crash(crm: Installation, mark: str, seen: _Seen) -> None:
    load = Load(crm, _RATE)
    status = until_rolled_back(crm, _changed(crm, "crash", mark), _SECONDS)
    seen.seconds.append(took(status))
    _note(load, seen)


def _be_slow(crm: Installation, mark: str) -> float:
    generation, since = _changed(crm, "slow", mark), ""

    def is_back(status: dict[str, Any]) -> bool:
        nonlocal since
        if status["phase"] == "Verifying":
            since = status["release"]["phaseStartedAt"]
        return bool(status["observedGeneration"] >= generation and status["phase"] == "RolledBack")

    status = crm.until(is_back, _SECONDS)
    reason = condition(status, "ReleaseAccepted")["reason"]
    if reason != "TooSlow":
        raise BenchError(f"the slow release went back for another reason: {reason}")
    judged = datetime.fromisoformat(status["release"]["rejected"][0]["at"])
    return (judged - datetime.fromisoformat(since)).total_seconds()


def _changed(crm: Installation, fault: str, mark: str) -> int:
    generation: int = crm.patch({"api": faults.release(fault, mark)})
    return generation


def _note(load: Load, seen: _Seen) -> None:
    report = load.finish()
    good = sum(number for answer, number in report.answers.items() if answer.startswith("20"))
    seen.failed.append(report.answers.total() - good)
    seen.rates.append(report.rate)
