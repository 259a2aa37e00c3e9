"""Which dumps may go: whatever the dumps and rules are."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hastecrm.dumps.manifest import DumpedSchema, Manifest
from hastecrm.dumps.retention import Rules, superfluous

NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)


def manifest(taken_at: datetime, *, verified: bool = False) -> Manifest:
    name = f"acme-{taken_at:%Y%m%dt%H%M%Sz}"
    return Manifest(
        name=name,
        file=f"{name}.dump.zst",
        taken_at=taken_at,
        schema_=DumpedSchema(version=10, compatible_from=5),
        release="0.1.0",
        server_version="15.14",
        tables={},
        size=1,
        sha256="0" * 64,
        seconds=1,
        encrypted=False,
        verified_at=taken_at if verified else None,
    )


def kept(manifests: list[Manifest], rules: Rules) -> list[Manifest]:
    gone = {each.name for each in superfluous(manifests, rules)}
    return sorted((each for each in manifests if each.name not in gone), key=lambda each: each.taken_at)


hours = st.lists(st.tuples(st.integers(0, 24 * 200), st.booleans()), unique_by=lambda each: each[0])
dumps = hours.map(lambda each: [manifest(NOW - timedelta(hours=h), verified=v) for h, v in each])
rules = st.builds(Rules, st.integers(1, 10), st.integers(0, 20), st.integers(0, 20))


@given(dumps, rules)
def test_the_newest_ones_stay(manifests: list[Manifest], rules: Rules):
    newest = sorted(manifests, key=lambda each: each.taken_at)[-rules.last :]

    assert kept(manifests, rules)[-rules.last :] == newest


@given(dumps, rules)
def test_what_goes_is_older_than_as_many_good_ones_as_the_rule_asks_for(
    manifests: list[Manifest], rules: Rules
):
    left = kept(manifests, rules)

    for gone in superfluous(manifests, rules):
        assert sum(each.taken_at > gone.taken_at for each in left) >= rules.last


@given(dumps, rules)
def test_what_goes_is_older_than_a_proven_one_that_stays(manifests: list[Manifest], rules: Rules):
    proven = [each.taken_at for each in kept(manifests, rules) if each.verified_at]

    if any(each.verified_at for each in manifests):
        assert all(each.taken_at < max(proven) for each in superfluous(manifests, rules))


@given(dumps, rules)
def test_pruning_again_removes_nothing_more(manifests: list[Manifest], rules: Rules):
    assert superfluous(kept(manifests, rules), rules) == []


@given(dumps, rules)
def test_each_of_the_last_days_keeps_its_newest(manifests: list[Manifest], rules: Rules):
    newest = {each.taken_at.date(): each for each in sorted(manifests, key=lambda each: each.taken_at)}
    days = sorted(newest, reverse=True)[: rules.daily]

    assert {newest[day].name for day in days} <= {each.name for each in kept(manifests, rules)}


@given(dumps, rules)
def test_of_what_a_proven_one_covers_no_more_stay_than_the_rules_ask_for(
    manifests: list[Manifest], rules: Rules
):
    proven = max((each.taken_at for each in manifests if each.verified_at), default=NOW + timedelta(days=1))
    covered = [each for each in kept(manifests, rules) if each.taken_at < proven]

    assert len(covered) <= rules.last + rules.daily + rules.weekly


def test_a_year_of_nights_leaves_days_and_weeks():
    nights = [manifest(NOW - timedelta(days=n)) for n in range(365)]

    left = [(NOW - each.taken_at).days for each in kept(nights, Rules(7, 14, 8))]

    assert left == [47, 40, 33, 26, 19, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]


def test_many_dumps_of_one_day_do_not_push_out_the_days_before():
    today = [manifest(NOW - timedelta(minutes=n)) for n in range(50)]
    before = [manifest(NOW - timedelta(days=n)) for n in range(1, 4)]

    left = kept([*today, *before], Rules(2, 4, 0))

    assert [each.taken_at for each in left] == [
        *(NOW - timedelta(days=n) for n in (3, 2, 1)),
        NOW - timedelta(minutes=1),
        NOW,
    ]
