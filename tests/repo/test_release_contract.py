"""What the image's programs say of a release, and what the operator understands of it."""

import orjson
import pytest

from hastecrm.core.analysis.judge import Conclusion, Evidence, Verdict, report
from hastecrm.core.analysis.judge import Reason as Judged
from hastecrm.core.migrating.errors import MigrationError
from hastecrm.core.migrating.plan import Phase, plan
from hastecrm.core.migrating.report import plan_report
from hastecrm.core.schema import bundled_migrations, schema_of
from hastecrm.main import _parser
from hastecrm_operator.api.reasons import SUBJECTS
from hastecrm_operator.engine.releases.reports import analysis_in, plan_in

KNOWN = {reason.value for subject in SUBJECTS for reason in subject}


def test_every_word_of_a_migration_has_a_meaning() -> None:
    kinds = [MigrationError, *MigrationError.__subclasses__()]

    assert len(kinds) > 5
    assert {*(kind.reason for kind in kinds), "MigrationFileInvalid", "Interrupted"} <= KNOWN


def test_every_word_of_an_analysis_has_a_meaning() -> None:
    assert {word.value for word in Judged} - {Judged.HEALTHY.value} <= KNOWN


@pytest.mark.parametrize("conclusion", Conclusion)
def test_the_operator_reads_what_an_analysis_reports(conclusion: Conclusion) -> None:
    nothing = Evidence(1, 0, (), None, {}, {}, None)
    told = report(Verdict(conclusion, Judged.NO_DATA, "a sentence"), nothing)

    read = analysis_in(orjson.dumps(told).decode())
    assert read is not None
    assert (read.verdict, read.reason, read.message) == (conclusion.value, "NoData", "a sentence")


def test_the_operator_reads_what_a_plan_reports() -> None:
    told = plan_report(plan(bundled_migrations(), [], Phase.EXPAND), {})

    read = plan_in(orjson.dumps(told).decode())
    assert read.to is not None
    assert (read.to.version, read.needs_backup) == (schema_of(bundled_migrations()).version, False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["migrate", "--plan", "--previous", "9"],
        ["migrate", "--phase", "contract"],
        ["migrate", "--phase", "expand"],
        [
            *("analysis", "--pods", "acme-api-pods", "--release", "3f9c2d1e", "--pods-expected", "3"),
            *("--window", "60s", "--max-error-ratio", "0.01", "--max-p95", "500ms"),
            *("--replacing", "--no-journey", "--rollout", "10m", "--deadline", "600s"),
        ],
    ],
    ids=" ".join,
)
def test_the_programs_take_what_the_operator_writes(arguments: list[str]) -> None:
    assert _parser(arguments).parse_args(arguments).command == arguments[0]
