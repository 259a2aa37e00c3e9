"""What is done with whole databases, over a connection beside them. Doing any of it twice is no error."""

import re
from typing import Any, Final

from hastecrm.restores.errors import DatabaseMissingError, DatabaseNameError

_OWN: Final = re.compile(r"_(restore|before|undone)_[a-z0-9]+")
_LONGEST: Final = 63
_LONGEST_BEGINNING: Final = 40
_SETTINGS = """
SELECT split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)
FROM pg_db_role_setting, unnest(setconfig) AS setting
WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = $1)
"""
_GRANTS = """
SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
FROM pg_database, aclexplode(datacl) WHERE datname = $1 AND grantee <> datdba
"""
_SEND_AWAY = """
SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity JOIN pg_roles ON pg_roles.oid = usesysid
WHERE datname = ANY ($1) AND pid <> pg_backend_pid() AND NOT rolsuper
"""
_LISTS: Final = frozenset({"search_path", "DateStyle", "session_preload_libraries", "temp_tablespaces"})


def require_own(live: str, database: str) -> None:
    """Raise for a name that no restore of the live database gives; the live one itself never passes."""
    beginning, rest = live[:_LONGEST_BEGINNING], database[len(live[:_LONGEST_BEGINNING]) :]
    if not database.startswith(beginning) or not _OWN.fullmatch(rest) or len(database) > _LONGEST:
        example = f"{beginning}_restore_1a2b3c"
        raise DatabaseNameError(f"{database} is not named as restores name databases, like {example}")


async def exists(connection: Any, database: str) -> bool:
    """Whether there is a database of this name."""
    return await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database) is True


async def make_like(connection: Any, live: str, database: str) -> None:
    """Make an empty database with the owner, locale, settings and grants of the live one.

    One of this name, left by a run that died, goes first.
    """
    require_own(live, database)
    await drop(connection, live, database)
    found = await connection.fetchrow(
        "SELECT *, pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS characters "
        "FROM pg_database WHERE datname = $1",
        live,
    )
    if found is None:
        raise DatabaseMissingError(f"there is no database {live} that a restore could replace")
    await connection.execute(creation(dict(found), database))
    name = quoted(database)
    for setting, value in await connection.fetch(_SETTINGS, live):
        written = value if setting in _LISTS else literal(value)
        await connection.execute(f"ALTER DATABASE {name} SET {setting} = {written}")
    for privilege, grantee in await connection.fetch(_GRANTS, live):
        await connection.execute(f"GRANT {privilege} ON DATABASE {name} TO {grantee}")


def creation(live: dict[str, Any], database: str) -> str:
    """Return the statement that makes a database like the one that this row of pg_database describes."""
    # PostgreSQL 17 calls it datlocale, 15 and 16 daticulocale.
    locale = live.get("datlocale") or live.get("daticulocale")
    icu = f" LOCALE_PROVIDER icu ICU_LOCALE {literal(locale)}" if _provider(live) == "i" and locale else ""
    return (
        f"CREATE DATABASE {quoted(database)} OWNER {quoted(live['owner'])} TEMPLATE template0 "
        f"ENCODING {literal(live['characters'])} LC_COLLATE {literal(live['datcollate'])} "
        f"LC_CTYPE {literal(live['datctype'])}{icu} CONNECTION LIMIT {live['datconnlimit']}"
    )


async def drop(connection: Any, live: str, database: str) -> None:
    """Drop a database that a restore made or replaced, and end who is in it."""
    require_own(live, database)
    if await exists(connection, database):
        await connection.execute(f"DROP DATABASE {quoted(database)} WITH (FORCE)")


async def allow_connections(connection: Any, database: str, *, allow: bool) -> None:
    """Open a database to everybody, or close it: nobody new gets in, whoever is in stays."""
    now = await connection.fetchval("SELECT datallowconn FROM pg_database WHERE datname = $1", database)
    if now is not None and now is not allow:
        await connection.execute(f"ALTER DATABASE {quoted(database)} ALLOW_CONNECTIONS {allow}")


async def rename(connection: Any, database: str, name: str) -> None:
    """Give a database another name."""
    await connection.execute(f"ALTER DATABASE {quoted(database)} RENAME TO {quoted(name)}")


async def send_away(connection: Any, *databases: str) -> None:
    """End every session in these databases; wait for a second until each is gone.

    A superuser's session cannot be ended by anybody less, and is left to make what follows fail.
    """
    await connection.execute(_SEND_AWAY, list(databases))


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Return a text as SQL writes it; without backslashes, which no locale or setting of ours has."""
    return "'" + value.replace("'", "''") + "'"


def _provider(live: dict[str, Any]) -> str:
    provider = live.get("datlocprovider", b"c")
    return provider.decode() if isinstance(provider, bytes) else str(provider)
