"""Sessions and redirects of the web tier, without a server."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.web.api_client import Refusal, Row
from hastecrm.web.guard import local_path, page_headers
from hastecrm.web.session import LIFETIME, Sessions

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, TOKEN = "k" * 32, "t" * 32


def sessions(secret_key: str = KEY, access_token: str = TOKEN) -> Sessions:
    return Sessions(secret_key=secret_key, access_token=access_token, secure=True)


def test_any_replica_with_the_same_keys_accepts_a_session() -> None:
    assert sessions().accepts(sessions().issue(NOW), NOW)


def test_a_session_ends_by_itself() -> None:
    value = sessions().issue(NOW)

    assert sessions().accepts(value, NOW + LIFETIME - timedelta(seconds=1))
    assert not sessions().accepts(value, NOW + LIFETIME)


@pytest.mark.parametrize("other", [sessions(secret_key="x" * 32), sessions(access_token="x" * 32)])
def test_a_rotated_key_or_token_ends_every_session(other: Sessions) -> None:
    assert not other.accepts(sessions().issue(NOW), NOW)


def test_two_sessions_are_never_the_same_value() -> None:
    assert sessions().issue(NOW) != sessions().issue(NOW)


@given(st.text())
def test_no_invented_value_is_a_session(value: str) -> None:
    assert not sessions().accepts(value, NOW)


@given(st.integers(min_value=0, max_value=200), st.sampled_from("aZ0.-_"))
def test_no_changed_character_passes(position: int, character: str) -> None:
    value = sessions().issue(NOW)
    position %= len(value) - 1  # the last character carries padding bits that decoders ignore
    changed = value[:position] + character + value[position + 1 :]

    assert sessions().accepts(changed, NOW) == (changed == value)


@pytest.mark.parametrize("target", ["/contacts?cursor=x", "/"])
def test_a_path_of_this_site_is_gone_to(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize("target", [None, "", "contacts", "//x", "/\\x", "https://x", "/a\r\nSet-Cookie: b"])
def test_any_other_target_leads_home(target: str | None) -> None:
    assert local_path(target) == "/contacts"


def test_pages_forbid_every_script_and_hsts_needs_https() -> None:
    policy = page_headers(secure=True)["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "Strict-Transport-Security" in page_headers(secure=True)
    assert "Strict-Transport-Security" not in page_headers(secure=False)


def test_a_refusal_maps_pointers_to_fields() -> None:
    problem = {"status": 422, "detail": "no", "errors": [{"pointer": "/email", "detail": "is wrong"}]}

    assert Refusal.of(problem) == Refusal(422, "no", {"email": "is wrong"})


def test_a_row_shows_a_name_and_initials() -> None:
    contact = dict.fromkeys(("email", "phone", "title", "company"))
    row = Row.of(
        {**contact, "id": "1", "first_name": "ada", "last_name": "", "created_at": "2030-01-01T00:00:00Z"}
    )

    assert (row.name, row.initials) == ("ada", "A")


def test_cookies_of_the_previous_key_are_good_until_it_is_taken_away() -> None:
    old = Sessions(secret_key="o" * 32, access_token="t" * 32, secure=True)
    both = Sessions(secret_key="n" * 32, access_token="t" * 32, secure=True, previous_key="o" * 32)
    new = Sessions(secret_key="n" * 32, access_token="t" * 32, secure=True)

    assert both.accepts(old.issue(NOW), NOW)
    assert both.accepts(new.issue(NOW), NOW)
    assert new.accepts(both.issue(NOW), NOW)
    assert not new.accepts(old.issue(NOW), NOW)
