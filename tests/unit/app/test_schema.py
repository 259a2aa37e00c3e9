"""Migration files are checked before any database is touched."""

import pytest

from hastecrm.core.schema import (
    Batch,
    Migration,
    MigrationFileError,
    Schema,
    bundled_migrations,
    migrations_of,
    mismatch,
    schema_of,
)

DATA = "-- phase: data\n-- compatible-from: 1\n"
EACH = "UPDATE a SET b = 1 WHERE id BETWEEN $1 AND $2;"
HEAD = "-- phase: expand\n-- compatible-from: 1\n"


def files(*names: str) -> tuple[Migration, ...]:
    return migrations_of((name, HEAD + f"SELECT '{name}';") for name in names)


@pytest.mark.parametrize(
    ("name", "sql", "said"),
    [
        ("1_a.sql", HEAD, "name it NNNN"),
        ("0001_A.sql", HEAD, "name it NNNN"),
        ("0001_a.sql", "-- compatible-from: 1", "-- phase"),
        ("0001_a.sql", "-- phase: explode\n-- compatible-from: 1", "-- phase"),
        ("0001_a.sql", "-- phase: expand", "-- compatible-from"),
        ("0001_a.sql", "-- phase: expand\n-- compatible-from: 2", "1 <= N <= 1"),
        ("0001_a.sql", "-- phase: expand\n-- compatible-from: 0", "1 <= N <= 1"),
        ("0001_a.sql", f"{DATA}{EACH}", "'-- batch: TABLE.KEY ROWS'"),
        ("0001_a.sql", f"{DATA}-- batch: a\n{EACH}", "'-- batch: TABLE.KEY ROWS'"),
        ("0001_a.sql", f"{HEAD}-- batch: a.id 9\n{EACH}", "go together"),
        ("0001_a.sql", f"{DATA}-- batch: a.id 9\n{EACH}{EACH}", "needs one statement"),
        ("0001_a.sql", f"{DATA}-- batch: a.id 9\nUPDATE a SET b = 1;", "BETWEEN"),
        ("0001_a.sql", f"{DATA}-- batch: a.id 9\n-- transaction: none\n{EACH}", "no other header"),
        ("0001_a.sql", f"{HEAD}-- transaction: some\nSELECT 1;", "the only value"),
        (
            "0001_a.sql",
            f"{HEAD}-- transaction: none\nALTER TABLE a ADD b int;",
            "not 'ALTER TABLE a ADD b int'",
        ),
        (
            "0001_a.sql",
            f"{HEAD}-- transaction: none\nDROP INDEX CONCURRENTLY x;",
            "only what can be run again",
        ),
    ],
)
def test_a_file_that_breaks_a_rule_is_named(name: str, sql: str, said: str) -> None:
    with pytest.raises(MigrationFileError, match=f"^{name}: .*{said}"):
        Migration.parse(name, sql)


def test_a_data_migration_says_how_it_walks_and_an_index_is_built_outside_of_transactions() -> None:
    walk = Migration.parse("0001_a.sql", f"{DATA}-- batch: contacts.id 5000\n{EACH}")
    index = Migration.parse(
        "0001_a.sql", f"{HEAD}-- transaction: none\nCREATE INDEX CONCURRENTLY x ON a (b);"
    )

    assert (walk.phase, walk.batch, walk.is_transaction) == ("data", Batch("contacts", "id", 5000), True)
    assert (index.batch, index.is_transaction) == (None, False)


@pytest.mark.parametrize(
    "names", [["0002_a.sql"], ["0001_a.sql", "0003_c.sql"], ["0001_a.sql", "0001_b.sql"]]
)
def test_numbers_have_no_gaps_and_no_doubles(names: list[str]) -> None:
    with pytest.raises(MigrationFileError, match="without gaps or doubles"):
        files(*names)


def test_what_a_contract_takes_a_later_contract_cannot_leave() -> None:
    contract = "-- phase: contract\n-- compatible-from: {}\n"

    with pytest.raises(MigrationFileError, match=r"^0003_c: needs '-- compatible-from: 2' or more"):
        migrations_of(
            [("0001_a.sql", HEAD), ("0002_b.sql", contract.format(2)), ("0003_c.sql", contract.format(1))]
        )


def test_files_are_ordered_by_number_not_by_arrival() -> None:
    assert [each.version for each in files("0002_b.sql", "0001_a.sql")] == [1, 2]


@pytest.mark.parametrize(
    ("code", "database", "said"),
    [
        (Schema(3, 1), Schema(3, 1), None),
        (Schema(3, 1), Schema(4, 1), None),
        (Schema(3, 1), Schema(4, 3), None),
        (Schema(3, 1), Schema(2, 1), "run `hastecrm migrate`"),
        (Schema(3, 1), Schema(0, 0), "run `hastecrm migrate`"),
        (Schema(3, 1), Schema(5, 4), "run a newer version"),
    ],
    ids=["same", "database ahead", "just compatible", "behind", "empty", "left behind"],
)
def test_code_runs_on_its_schema_and_on_newer_ones_that_allow_it(
    code: Schema, database: Schema, said: str | None
) -> None:
    problem = mismatch(code=code, database=database)

    assert problem is None if said is None else said in str(problem)


def test_what_one_migration_took_away_a_later_one_does_not_bring_back() -> None:
    told = zip(range(1, 5), (1, 1, 3, 2), strict=True)
    migrations = [Migration(version, f"{version:04}_a", "expand", oldest, "") for version, oldest in told]

    assert schema_of(migrations) == Schema(4, 3)


def test_the_bundled_migrations_are_valid() -> None:
    bundled = bundled_migrations()

    assert schema_of(bundled).version == len(bundled) >= 1
    assert schema_of([]) == Schema(0, 0)
