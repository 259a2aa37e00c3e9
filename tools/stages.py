"""Runs the project's checks and tests stage by stage, times each, and ends with one summary.

    tools/stages.py all          what `make test` runs
    tools/stages.py check        what `make check` runs
    tools/stages.py unit e2e     any stages, in this order

The last line counts the tests of all stages, in pytest's own form.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
REPORTS = ROOT / "artifacts" / "tests"
CONTROL_PLANE = "hastecrm-apitest"
TEST_CLUSTER = "hastecrm-test"
GENERATED = (
    "crd",
    "api_reference",
    "conditions_reference",
    "runbooks",
    "settings_reference",
    "operator_metrics",
    "environment",
    "error_reference",
    "openapi",
    "typescript_errors",
    "known_passwords",
    "kubectl_reference",
)
GENERATORS = tuple(f"tools/generate_{what}.py" for what in GENERATED)


@dataclass
class Outcome:
    """How one stage went; `tests` counts pytest's results by name."""

    name: str
    seconds: float = 0.0
    failed_command: str = ""
    tests: dict[str, int] = field(default_factory=dict)


Command = Sequence[str]
Run = Callable[..., None]


class StageFailed(Exception):  # noqa: N818 - it ends a stage, it is not a bug
    """A command of the stage did not succeed."""


def run(*command: str, **environment: str) -> None:
    """Run a command in the checkout, its output on screen; raises StageFailed."""
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)
    if done.returncode:
        raise StageFailed(" ".join(command[:6]))


def python(*arguments: str, **environment: str) -> None:
    """Run Python of the virtual environment."""
    run(str(BIN / "python"), *arguments, **environment)


def pytest(stage: str, *arguments: str, **environment: str) -> None:
    """Run pytest and leave a report that the summary counts."""
    report = REPORTS / f"{stage}.xml"
    python("-m", "pytest", "-q", f"--junit-xml={report}", *arguments, **environment)


def verify() -> None:
    """Generated files are what their generators write."""
    for generator in GENERATORS:
        python(generator, "--check")


def lint() -> None:
    """Format, lint, types, import contracts, generated files."""
    run(str(BIN / "ruff"), "format", "--check", ".")
    run(str(BIN / "ruff"), "check", ".")
    run(str(BIN / "mypy"))
    run(str(BIN / "lint-imports"))
    verify()


def unit() -> None:
    """Everything that needs no server."""
    pytest("unit", "-n", "2", "tests/unit", "tests/repo")


def integration() -> None:
    """The CRM against a real PostgreSQL and Redis, which the tests start."""
    debian(
        "postgresql-15",
        "redis-server",
        found=lambda: bool(shutil.which("redis-server") and postgres_binaries()),
    )
    debian("dovecot-imapd", found=lambda: bool(shutil.which("dovecot")))
    pytest("integration", "-n", "2", "tests/integration")


def apiserver() -> None:
    """The operator against a real control plane without pods."""
    debian("faketime", found=lambda: any(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")))
    devcluster("up", "--control-plane-only", "--name", CONTROL_PLANE)
    try:
        os.environ["HASTECRM_TEST_KUBECONFIG"] = kubeconfig(CONTROL_PLANE)
        pytest("apiserver", "-n", "2", "-m", "not disruptive", "tests/apiserver")
        pytest("apiserver-disruptive", "-m", "disruptive", "tests/apiserver")
    finally:
        devcluster("down", "--name", CONTROL_PLANE)


def e2e() -> None:
    """The whole product on real pods."""
    on_pods("e2e")


def e2e_data() -> None:
    """Releases, backups and restores on real pods, and what may go wrong with them."""
    on_pods("e2e-data", "-m", "data")


def on_pods(stage: str, *selection: str) -> None:
    """Run tests against a cluster with pods."""
    with cluster(TEST_CLUSTER) as path:
        pytest(stage, *selection, "tests/e2e", HASTECRM_TEST_KUBECONFIG=path)


@contextmanager
def cluster(name: str) -> Iterator[str]:
    """Yield the kubeconfig of a cluster with the operator, removed in the end (KEEP_CLUSTER=1: it stays)."""
    os.environ["HASTECRM_CLUSTER_NAME"] = name
    python("tools/quickstart.py", "install")
    try:
        yield kubeconfig(name)
    finally:
        if not os.environ.get("KEEP_CLUSTER"):
            devcluster("down", "--name", name)


STAGES: dict[str, Callable[[], None]] = {
    "verify": verify,
    "lint": lint,
    "unit": unit,
    "integration": integration,
    "apiserver": apiserver,
    "e2e": e2e,
    "e2e-data": e2e_data,
}
GROUPS = {"all": ["lint", "unit", "integration", "apiserver", "e2e"], "check": ["lint", "unit"]}


def devcluster(*arguments: str) -> None:
    """Run the cluster tool."""
    run(sys.executable, "tools/devcluster", *arguments)


def kubeconfig(name: str) -> str:
    """Return the path of a cluster's kubeconfig."""
    command = [sys.executable, "tools/devcluster", "kubeconfig", "--name", name]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def postgres_binaries() -> bool:
    """Whether Debian's PostgreSQL server is installed."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


def debian(*packages: str, found: Callable[[], bool]) -> None:
    """Install packages that a stage needs and lacks, without starting their services; else name them."""
    if found():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StageFailed(f"this stage needs: {' '.join(packages)} (apt-get install {' '.join(packages)})")
    print(f"• installing {' '.join(packages)}", flush=True)
    policy = Path("/usr/sbin/policy-rc.d")  # Debian's own way to keep an install from starting daemons
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        run("apt-get", "-qq", "update")
        run(
            "apt-get",
            "-qq",
            "-y",
            "install",
            "--no-install-recommends",
            *packages,
            DEBIAN_FRONTEND="noninteractive",
        )
    finally:
        if ours:
            policy.unlink()


def perform(name: str) -> Outcome:
    """Run one stage and say how it went."""
    outcome = Outcome(name)
    print(f"\n\033[1m━━ {name}: {STAGES[name].__doc__}\033[0m", flush=True)
    started = time.monotonic()
    try:
        STAGES[name]()
    except StageFailed as exc:
        outcome.failed_command = str(exc)
    outcome.seconds = time.monotonic() - started
    outcome.tests = sum_of(counts(report) for report in REPORTS.glob(f"{name}*.xml"))
    return outcome


def counts(report: Path) -> dict[str, int]:
    """Return how many tests passed, failed, errored and were skipped according to a JUnit report."""
    if not report.exists():
        return {}
    suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - our own pytest wrote it
    if suite is None:
        return {}
    bad = {"failed": int(suite.get("failures", 0)), "errors": int(suite.get("errors", 0))}
    skipped = int(suite.get("skipped", 0))
    return {"passed": int(suite.get("tests", 0)) - sum(bad.values()) - skipped, **bad, "skipped": skipped}


def sum_of(several: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return counts added up by name."""
    return dict(sum((Counter(counted) for counted in several), Counter()))


def summary(outcomes: list[Outcome]) -> str:
    """Return the table of stages and the closing line."""
    lines = ["", "stage          seconds   passed  failed  skipped"]
    for o in outcomes:
        failed = o.tests.get("failed", 0) + o.tests.get("errors", 0)
        passed, skipped = o.tests.get("passed", 0), o.tests.get("skipped", 0)
        row = f"{o.name:<12} {o.seconds:>9.1f} {passed:>8} {failed:>7} {skipped:>8}"
        lines.append(row + (f"   ✗ {o.failed_command}" if o.failed_command else "   ✓"))
    total = {k: sum(o.tests.get(k, 0) for o in outcomes) for k in ("failed", "passed", "skipped", "errors")}
    broken = sum(
        1 for o in outcomes if o.failed_command and not (o.tests.get("failed") or o.tests.get("errors"))
    )
    total["errors"] += broken  # a stage that broke outside its tests
    parts = [f"{n} {name}" for name, n in total.items() if n or name == "passed"]
    seconds = sum(o.seconds for o in outcomes)
    lines.append(f"\n=== {', '.join(parts)} in {seconds:.2f}s ===")
    return "\n".join(lines)


def main() -> int:
    """Run the stages that were asked for; all of them, even after one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stages", nargs="+", choices=[*GROUPS, *STAGES], metavar="stage")
    names = [name for given in parser.parse_args().stages for name in GROUPS.get(given, [given])]
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    outcomes = [perform(name) for name in names]
    print(summary(outcomes), flush=True)
    return 1 if any(o.failed_command for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
