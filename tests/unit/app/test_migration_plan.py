"""What runs in which phase, whatever the database has had: nothing is taken from code that may still run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.migrating.errors import ChecksumChangedError, ExpandFirstError, SchemaTooNewError
from hastecrm.core.migrating.plan import Applied, Phase, Plan, pending, plan, schema_of_database
from hastecrm.core.schema import Migration, Schema, bundled_migrations, mismatch, schema_of

E, D, C = "expand", "data", "contract"


def migration(version: int, phase: str, compatible_from: int) -> Migration:
    return Migration(version, f"{version:04}_x", phase, compatible_from, f"SELECT {version}")  # type: ignore[arg-type]


def migrations(*told: tuple[str, int]) -> list[Migration]:
    return [migration(n, *each) for n, each in enumerate(told, start=1)]


def applied(*done: Migration) -> list[Applied]:
    return [Applied(each.version, each.name, each.compatible_from, each.checksum) for each in done]


def versions(found: "tuple[Migration, ...] | list[Migration]") -> list[int]:
    return [each.version for each in found]


# Release 1 is code 1; release 2 brings 2 to 4, release 3 brings 5.
RELEASES = migrations((E, 1), (E, 1), (D, 1), (C, 2), (E, 1))


def test_only_what_was_not_applied_is_planned() -> None:
    assert versions(plan(RELEASES, []).run) == [1, 2, 3, 4, 5]
    assert versions(plan(RELEASES, applied(*RELEASES[:2])).run) == [3, 4, 5]
    assert versions(plan(RELEASES, applied(*RELEASES)).run) == []


def test_a_contract_waits_for_its_phase_and_code_runs_without_it() -> None:
    found = plan(RELEASES[:4], applied(RELEASES[0]), Phase.EXPAND)

    assert (versions(found.run), versions(found.deferred)) == ([2, 3], [4])
    assert found.after == Schema(4, 1)
    assert mismatch(code=schema_of(RELEASES[:4]), database=found.after) is None
    assert found.suits(1)


def test_a_newer_release_expands_past_a_contract_that_waits() -> None:
    done = applied(*RELEASES[:3])

    found = plan(RELEASES, done, Phase.EXPAND)
    after = [*done, *applied(*found.run)]
    later = plan(RELEASES, after, Phase.CONTRACT)
    assert (versions(found.run), versions(found.deferred)) == ([5], [4])
    assert (versions(later.run), later.after) == ([4], Schema(5, 2))


def test_an_expand_that_needs_an_earlier_contract_says_so_and_gets_it() -> None:
    bundled = migrations((E, 1), (C, 2), (E, 2))

    found = plan(bundled, applied(bundled[0]), Phase.EXPAND)
    assert (versions(found.run), found.deferred) == ([2, 3], ())
    assert not found.suits(1)


def test_an_empty_database_has_nobody_to_wait_for() -> None:
    found = plan(RELEASES, [], Phase.EXPAND)

    assert (versions(found.run), found.deferred, found.suits(0)) == ([1, 2, 3, 4, 5], (), True)


def test_nothing_is_taken_away_before_what_is_needed_is_there() -> None:
    with pytest.raises(ExpandFirstError, match="0005_x must run before"):
        plan(RELEASES, applied(*RELEASES[:3]), Phase.CONTRACT)


def test_an_edited_file_is_refused_by_name() -> None:
    before = [Applied(1, "0001_x", 1, "another checksum")]

    with pytest.raises(ChecksumChangedError, match=r"0001_x\.sql was changed"):
        plan(RELEASES, before)


def test_a_database_ahead_of_the_image_gets_nothing_if_the_image_can_live_with_it() -> None:
    found = plan(RELEASES[:2], applied(*RELEASES[:3]), Phase.EXPAND)

    assert (found.run, found.after) == ((), Schema(3, 1))


def test_an_image_that_the_database_has_left_behind_is_told() -> None:
    with pytest.raises(SchemaTooNewError, match="which code older than 2 cannot use, and this code has 1"):
        plan(RELEASES[:1], applied(*RELEASES))


def test_the_release_that_really_runs_decides_whether_it_still_works() -> None:
    bundled = migrations((E, 1), (E, 1), (E, 2))

    found = plan(bundled, applied(*bundled[:2]), Phase.EXPAND)
    assert (found.suits(found.newest), found.suits(1)) == (True, False)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Migration], list[int]]:
    """Migrations as authors may write them, and the newest one of each release."""
    found: list[Migration] = []
    taken = 1
    for version in range(1, draw(st.integers(2, 10)) + 1):
        phase = draw(st.sampled_from([E, E, D, C]))
        oldest = draw(st.integers(taken if phase == C else 1, version)) if version > taken else taken
        taken = max(taken, oldest) if phase == C else taken
        found.append(migration(version, phase, min(oldest, version)))
    cuts = draw(st.lists(st.integers(1, len(found)), min_size=1, unique=True).map(sorted))
    return found, cuts


Steps = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([Phase.EXPAND, Phase.CONTRACT])), max_size=12)


@given(histories(), Steps)
def test_whatever_releases_come_and_go_no_code_is_left_without_what_it_needs(
    history: tuple[list[Migration], list[int]], steps: list[tuple[int, Phase]]
) -> None:
    """A model of releases: any may be rolled out at any time, and its contract run or not."""
    everything, cuts = history
    done: list[Applied] = []
    for choice, phase in steps:
        bundled = everything[: cuts[choice % len(cuts)]]
        code = schema_of(bundled)
        try:
            found = plan(bundled, done, phase)
        except SchemaTooNewError:
            assert max(each.compatible_from for each in done) > code.version
            continue
        except ExpandFirstError:
            continue
        before = done
        done = sorted([*done, *applied(*found.run)], key=lambda each: each.version)

        assert versions(found.run) == sorted(versions(found.run))
        assert plan(bundled, done, phase).run == ()
        if mismatch(code=code, database=schema_of_database(bundled, done)) is not None:
            assert found.after.compatible_from > code.version
        _holds(found, phase, before)


def _holds(found: Plan, phase: Phase, before: list[Applied]) -> None:
    assert (not before) or found.after.compatible_from >= found.before.compatible_from
    if phase is Phase.EXPAND and before:
        # Whoever is excluded, is so by what new code needs, and never by a contract that could wait.
        needs = [each.compatible_from for each in found.run if not each.is_contract]
        assert found.after.compatible_from == max([found.before.compatible_from, *needs])
        waits = [each.compatible_from for each in found.deferred]
        assert all(oldest > found.after.compatible_from for oldest in waits)
    if phase is not Phase.EXPAND:
        assert found.deferred == ()


@given(histories())
def test_expand_then_contract_is_all(history: tuple[list[Migration], list[int]]) -> None:
    everything, cuts = history
    done = applied(*everything[: cuts[0]])

    first = plan(everything, done, Phase.EXPAND)
    second = plan(everything, [*done, *applied(*first.run)], Phase.CONTRACT)
    whole = plan(everything, done)
    assert sorted(versions((*first.run, *second.run))) == versions(whole.run)
    assert second.after == whole.after == schema_of(everything)
    assert versions(first.deferred) == versions(second.run)


def test_the_bundled_migrations_expand_from_every_earlier_schema() -> None:
    bundled = bundled_migrations()

    for have in range(1, len(bundled)):
        left = plan(bundled, applied(*bundled[:have]), Phase.EXPAND)
        assert left.after.version == schema_of(bundled).version
        assert len(left.run) + len(left.deferred) == len(pending(bundled, applied(*bundled[:have])))
