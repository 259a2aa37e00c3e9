"""The bundled migrations let the previous release work, and the rules that say so can tell."""

import pytest
from tests.unit.app.migration_rules import broken_rules, hidden_needs

from hastecrm.core.schema import Migration, bundled_migrations

_BEFORE_THE_RULES = 9  # written when all migrations ran at once, between two releases


def migration(sql: str, phase: str = "expand", version: int = 1, oldest: int = 1) -> Migration:
    return Migration(version, f"{version:04}_x", phase, oldest, sql)  # type: ignore[arg-type]


def test_the_bundled_migrations_keep_the_rules() -> None:
    bundled = bundled_migrations()

    broken = [wrong for each in bundled[_BEFORE_THE_RULES:] for wrong in broken_rules(each)]
    assert [*broken, *hidden_needs(bundled)] == []


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (id int); CREATE UNIQUE INDEX x ON a (id); ALTER TABLE a ADD CHECK (true);",
        "ALTER TABLE b ADD COLUMN c text; ALTER TABLE b ADD COLUMN d int NOT NULL DEFAULT 1;",
        "ALTER TABLE b ALTER c DROP NOT NULL;",
        "CREATE INDEX CONCURRENTLY x ON b (c);",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;",
        "SELECT hastecrm_versioned('b');",
        "ALTER TABLE b ADD COLUMN c uuid; ALTER TABLE b ADD CONSTRAINT d FOREIGN KEY (a, c) REFERENCES e;",
        "CREATE UNIQUE INDEX CONCURRENTLY x ON b (workspace_id, id);",
    ],
)
def test_what_older_code_does_not_notice_is_allowed(sql: str) -> None:
    assert list(broken_rules(migration(sql))) == []


@pytest.mark.parametrize(
    ("sql", "wrong"),
    [
        ("DROP TABLE b;", "drops something"),
        ("ALTER TABLE b DROP COLUMN c;", "drops something"),
        ("ALTER TABLE b ALTER COLUMN c SET NOT NULL;", "refuses rows"),
        ("ALTER TABLE b ADD COLUMN c int NOT NULL;", "refuses rows"),
        ("ALTER TABLE b ADD CONSTRAINT c CHECK (d > 0) NOT VALID;", "refuses rows"),
        ("ALTER TABLE b ADD CONSTRAINT d FOREIGN KEY (a, c) REFERENCES e (a, c);", "refuses rows"),
        ("ALTER TABLE b RENAME COLUMN c TO d;", "renames"),
        ("ALTER TABLE b ALTER COLUMN c TYPE bigint;", "changes a type"),
        ("ALTER TABLE b ENABLE ROW LEVEL SECURITY;", "hides rows"),
        ("CREATE INDEX x ON b (c);", "needs CONCURRENTLY"),
        ("UPDATE b SET c = 1;", "belongs into a data migration"),
        ("DO $$ BEGIN END $$;", "nobody knows"),
    ],
)
def test_what_older_code_would_miss_is_refused(sql: str, wrong: str) -> None:
    assert any(wrong in said for said in broken_rules(migration(sql)))


def test_a_contract_gives_nothing_that_code_could_need() -> None:
    assert list(broken_rules(migration("ALTER TABLE b DROP COLUMN c;", "contract"))) == []
    assert "makes a table" in next(broken_rules(migration("CREATE TABLE b (id int);", "contract")))


def test_who_needs_an_earlier_contract_must_say_so() -> None:
    before = migration("SELECT 1;", version=1)
    contract = migration("ALTER TABLE b DROP COLUMN c;", "contract", 2, oldest=2)
    again = migration("ALTER TABLE b ADD COLUMN c int;", version=3)
    told = migration("ALTER TABLE b ADD COLUMN c int;", version=3, oldest=2)

    assert list(hidden_needs([before, contract, again])) == [
        "0003_x: names c: needs compatible-from 2 as 0002_x has"
    ]
    assert list(hidden_needs([before, contract, told])) == []
