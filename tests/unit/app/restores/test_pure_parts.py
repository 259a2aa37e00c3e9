"""What is decided about restores without any database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.schema import Schema
from hastecrm.restores.checks import dangling_rows
from hastecrm.restores.databases import creation, literal, quoted, require_own
from hastecrm.restores.errors import DatabaseNameError, DumpTooNewError
from hastecrm.restores.forward import require_readable
from hastecrm.restores.loading import failure_of
from hastecrm.restores.scratch import Scratch

LIVE = {
    "owner": "crm",
    "characters": "UTF8",
    "datcollate": "C.UTF-8",
    "datctype": "C.UTF-8",
    "datconnlimit": -1,
    "datlocprovider": b"c",
}


@given(live=st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", fullmatch=True))
def test_only_a_name_that_a_restore_of_this_database_gives_is_its_own(live: str):
    own = f"{live[:40]}_restore_1a2b3c"

    require_own(live, own)
    for other in (live, "postgres", f"{live[:40]}_other_1", f"{live[:40]}_before_", f"x{own}", f"{own}_x"):
        with pytest.raises(DatabaseNameError):
            require_own(live, other)


def test_a_new_database_is_like_the_one_in_use():
    statement = creation(LIVE, 'a"b')

    assert statement.startswith('CREATE DATABASE "a""b" OWNER "crm" TEMPLATE template0 ENCODING \'UTF8\'')
    assert "LOCALE_PROVIDER" not in statement


@pytest.mark.parametrize("column", ["daticulocale", "datlocale"], ids=["PostgreSQL 15", "PostgreSQL 17"])
def test_its_locale_may_be_of_icu(column: str):
    statement = creation({**LIVE, "datlocprovider": b"i", column: "de-AT"}, "b")

    assert "LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'" in statement


@given(text=st.text(st.characters(codec="ascii", exclude_characters="\0\\"), max_size=20))
def test_whatever_is_quoted_stays_one_word(text: str):
    assert quoted(text)[1:-1].replace('""', "") == text.replace('"', "")
    assert literal(text)[1:-1].replace("''", "") == text.replace("'", "")


def test_a_reference_with_a_null_in_it_refers_to_nothing():
    reference = {"child": "a", "parent": "b", "columns": ["x", "y"], "targets": ["p", "q"]}

    assert dangling_rows(reference) == (
        "SELECT count(*) FROM a AS child WHERE child.x IS NOT NULL AND child.y IS NOT NULL "
        "AND NOT EXISTS (SELECT FROM b AS parent WHERE parent.p = child.x AND parent.q = child.y)"
    )


def test_an_older_dump_is_read_and_a_newer_one_refused():
    code = Schema(12, 9)

    assert require_readable(code=code, dump=Schema(12, 9)) is None
    assert "13 is newer, and serves this release" in str(require_readable(code=code, dump=Schema(13, 9)))
    assert "8 is migrated forward to 12" in str(require_readable(code=code, dump=Schema(8, 5)))
    with pytest.raises(DumpTooNewError, match="serves releases from 13"):
        require_readable(code=code, dump=Schema(14, 13))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://postgres@/postgres?host=/scratch", ("/scratch", 5432, "postgres", None, "postgres")),
        ("postgresql://u:p%40ss@db:5433/x", ("db", 5433, "u", "p@ss", "x")),
        ("postgres://db", ("db", 5432, "postgres", None, "postgres")),
    ],
    ids=["socket", "everything", "least"],
)
def test_a_scratch_server_is_named_by_an_address(url: str, expected: tuple[object, ...]):
    found = Scratch.parse(url)

    assert (found.host, found.port, found.user, found.password, found.database) == expected


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("error: unsupported version (1.16) in file header", "VersionMismatch"),
        ("error: input file does not appear to be a valid archive", "ForeignDump"),
        ("error: could not write: No space left on device", "DatabaseFull"),
        ("error: server closed the connection unexpectedly", "DatabaseUnreachable"),
        ('error: connection to server at "db", port 5432 failed', "DatabaseUnreachable"),
        ("error: could not execute query: syntax error", "RestoreFailed"),
        ("", "RestoreFailed"),
    ],
)
def test_what_the_last_words_of_pg_restore_mean(words: str, reason: str):
    failure = failure_of(words)

    assert failure.reason == reason
    assert str(failure)
