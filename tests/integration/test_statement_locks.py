"""The locks that a plan tells are those that PostgreSQL takes."""

from typing import Any

import pytest
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.core.migrating.statements import locks_of

_TABLES = """
CREATE TABLE b (id int PRIMARY KEY, name text);
CREATE TABLE a (id int PRIMARY KEY, b_id int, name text, CONSTRAINT named CHECK (name <> '') NOT VALID);
CREATE INDEX a_name ON a (name);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE POLICY p ON a USING (true);
CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();
"""
_TAKEN = """
SELECT relation::regclass::text AS name, max(array_position(ARRAY['RowExclusiveLock',
    'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
    ], mode)) AS strength
FROM pg_locks JOIN pg_class AS c ON c.oid = relation
WHERE pid = pg_backend_pid() AND mode NOT IN ('AccessShareLock', 'RowShareLock') AND c.relname IN ('a', 'b')
GROUP BY relation
"""
_NAMES = (
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
STATEMENTS = [
    "ALTER TABLE a ADD COLUMN more text",
    "ALTER TABLE a DROP COLUMN name",
    "ALTER TABLE a ALTER COLUMN name TYPE varchar(9)",
    "ALTER TABLE a ALTER COLUMN name SET NOT NULL",
    "ALTER TABLE a ALTER COLUMN name SET DEFAULT ''",
    "ALTER TABLE a ALTER COLUMN name SET STATISTICS 9",
    "ALTER TABLE a ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
    "ALTER TABLE a VALIDATE CONSTRAINT named",
    "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b_id) REFERENCES b (id) NOT VALID",
    "ALTER TABLE a ADD COLUMN other int REFERENCES b (id)",
    "ALTER TABLE a ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "ALTER TABLE a DISABLE TRIGGER t",
    "ALTER TABLE a SET (fillfactor = 50)",
    "ALTER TABLE a RENAME COLUMN name TO called",
    "CREATE INDEX x ON a (name)",
    "CREATE UNIQUE INDEX x ON a (name)",
    "CREATE TABLE d (id int REFERENCES b (id))",
    "CREATE POLICY q ON a USING (true)",
    "DROP POLICY p ON a",
    "CREATE TRIGGER u AFTER INSERT ON a EXECUTE FUNCTION f()",
    "DROP TRIGGER t ON a",
    "TRUNCATE a",
    "ANALYZE a",
    "UPDATE a SET name = 'x'",
    "DELETE FROM a",
    "INSERT INTO a (id) VALUES (1)",
    "COMMENT ON TABLE b IS 'x'",
    "COMMENT ON COLUMN a.name IS 'x'",
]


@pytest.fixture
async def tables(postgres: Postgres, empty_database: str) -> Any:
    connection = await connect(postgres, empty_database, "hastecrm")
    await connection.execute(_TABLES)
    yield connection
    await connection.close()


async def test_postgresql_takes_the_locks_that_are_told(tables: Any) -> None:
    differing = {}
    for statement in STATEMENTS:
        transaction = tables.transaction()
        await transaction.start()
        await tables.execute(statement)
        taken = sorted(f"{row['name']}: {_NAMES[row['strength'] - 1]}" for row in await tables.fetch(_TAKEN))
        await transaction.rollback()
        told = sorted(each for each in locks_of(statement, set()) if each[0] in "ab")
        if taken != told:
            differing[statement] = (taken, told)

    assert differing == {}
