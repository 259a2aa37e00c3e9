"""Migration files are taken apart as PostgreSQL does it, and their locks are those of its manual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.migrating.plan import Applied, Phase, plan
from hastecrm.core.migrating.report import plan_report
from hastecrm.core.migrating.statements import locks, locks_of, statements
from hastecrm.core.schema import Migration, bundled_migrations

QUOTED = ["';'", "'it''s; so'", "E'\\';'", '"a;b"', "$$ a; b $$", "$f$ $$;$$ $f$", "/* ; */ 1", "1 -- ;\n"]


@pytest.mark.parametrize("part", QUOTED)
def test_a_semicolon_ends_a_statement_only_where_it_is_one(part: str) -> None:
    assert len(statements(f"SELECT {part}; SELECT 2;\n-- the end\n")) == 2


@given(st.lists(st.sampled_from([*QUOTED, "x", "1", "(a, b)"]), min_size=1, max_size=6))
def test_whatever_stands_in_a_statement_it_is_one(parts: list[str]) -> None:
    sql = "SELECT " + "\n  , ".join(parts)

    assert len(statements(f"{sql};{sql}")) == 2


def test_comments_and_line_breaks_are_gone_but_not_from_quotes() -> None:
    assert statements("SELECT  1 -- one\n , '--  two'") == ["SELECT 1 , '--  two'"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("CREATE TABLE a (id int)", []),
        ("CREATE TABLE a (id int REFERENCES b (id))", ["b: SHARE ROW EXCLUSIVE"]),
        ("CREATE UNIQUE INDEX x ON a (id)", ["a: SHARE"]),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON a (id)", ["a: SHARE UPDATE EXCLUSIVE"]),
        ("DROP INDEX IF EXISTS x", ["x: ACCESS EXCLUSIVE"]),
        ("ALTER TABLE a ADD COLUMN b text", ["a: ACCESS EXCLUSIVE"]),
        ("ALTER TABLE a VALIDATE CONSTRAINT c", ["a: SHARE UPDATE EXCLUSIVE"]),
        ("ALTER TABLE a ALTER b SET STATISTICS 9, DROP COLUMN c", ["a: ACCESS EXCLUSIVE"]),
        (
            "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (d, e) REFERENCES b (d, e) NOT VALID",
            ["a: SHARE ROW EXCLUSIVE", "b: SHARE ROW EXCLUSIVE"],
        ),
        ("CREATE POLICY p ON a USING (true)", ["a: ACCESS EXCLUSIVE"]),
        ("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()", ["a: SHARE ROW EXCLUSIVE"]),
        ("SELECT hastecrm_versioned('a')", ["a: SHARE ROW EXCLUSIVE"]),
        ("UPDATE a SET b = 1", ["a: ROW EXCLUSIVE"]),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$", []),
        ("DO $$ BEGIN END $$", ["unknown: DO $$ BEGIN"]),
    ],
)
def test_the_locks_of_a_statement(statement: str, told: list[str]) -> None:
    assert locks_of(statement, set()) == told


def test_what_nobody_uses_yet_is_not_told_of() -> None:
    made: set[str] = set()

    assert locks_of("CREATE TABLE a (id int); CREATE INDEX x ON a (id);", made) == []
    assert locks_of("ALTER TABLE a ADD b int; DROP INDEX x; ALTER TABLE c ADD b int;", made) == [
        "c: ACCESS EXCLUSIVE"
    ]


def test_every_statement_of_the_bundled_migrations_is_known() -> None:
    every = [one for migration in bundled_migrations() for one in statements(migration.sql)]

    assert [one for one in every if locks(one) is None] == []


def test_a_plan_tells_locks_with_sizes_and_asks_for_a_backup() -> None:
    texts = ["CREATE TABLE a (id int);", "ALTER TABLE a ADD b int; CREATE INDEX i ON c (d);"]
    bundled = [Migration(n, f"000{n}_x", "expand", n, sql) for n, sql in enumerate(texts, start=1)]
    done = [Applied(1, "0001_x", 1, bundled[0].checksum)]

    assert plan_report(plan(bundled, done, Phase.EXPAND), {"a": 1_234_567_890, "c": 8192}) == {
        "from": {"version": 1, "compatibleFrom": 1},
        "to": {"version": 2, "compatibleFrom": 2},
        "pending": [
            {
                "name": "0002_x",
                "version": 2,
                "phase": "expand",
                "compatibleFrom": 2,
                "locks": ["a: ACCESS EXCLUSIVE (1.2 GB)", "c: SHARE (8.2 kB)"],
            }
        ],
        "deferred": [],
        "previousStillWorks": False,
        "needsBackup": True,
    }


def test_a_long_plan_has_room_in_a_report() -> None:
    sql = "".join(f"ALTER TABLE {'t' * 50}{n} ADD b int;" for n in range(20))
    bundled = [Migration(n, f"{n:04}_{'x' * 40}", "expand", 1, sql) for n in range(1, 60)]

    report = plan_report(plan(bundled, []), {})
    assert len(report["pending"]) + report["omitted"] == 59
    assert report["pending"][-1]["locks"][-1] == "and 8 more"
    assert report["pending"][-1]["version"] == 59
