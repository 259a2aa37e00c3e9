"""Sessions and redirects of the web tier, without a server."""

import asyncio
import base64
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.keys import Key, KeyRing
from hastecrm.core.sealing import Sealer
from hastecrm.web.accounts_api import device_name
from hastecrm.web.api_client import Refusal
from hastecrm.web.contacts_api import Row
from hastecrm.web.guard import Renewal, local_path, page_headers
from hastecrm.web.session import Session, Sessions
from hastecrm.web.tickets import Tickets

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SESSION = Session("access", "refresh", NOW.timestamp() + 900, "Ada", "Sales")


def sealer(*secrets: str) -> Sealer:
    return Sealer(KeyRing(tuple(Key.derived(secret, "sealing") for secret in secrets or ("k" * 32,))))


def cookie_of(session: Session, sessions: Sessions) -> str:
    response = web.Response()
    sessions.begin(response, session)
    return response.cookies[sessions.cookie].value


def read(value: str, *secrets: str) -> Session | None:
    sessions = Sessions(sealer(*secrets), secure=True)
    return sessions.read(make_mocked_request("GET", "/", headers={"Cookie": f"{sessions.cookie}={value}"}))


def test_any_replica_with_the_same_key_reads_a_session() -> None:
    assert read(cookie_of(SESSION, Sessions(sealer(), secure=True))) == SESSION


def test_the_cookie_shows_nothing_of_what_is_in_it() -> None:
    value = cookie_of(SESSION, Sessions(sealer(), secure=True))

    assert not {"access", "refresh", "Ada"} & set(
        base64.urlsafe_b64decode(value).decode("latin-1").split('"')
    )
    assert value != cookie_of(SESSION, Sessions(sealer(), secure=True))


def test_while_a_key_is_replaced_both_are_read() -> None:
    value = cookie_of(SESSION, Sessions(sealer("o" * 32), secure=True))

    assert read(value, "n" * 32, "o" * 32) == SESSION
    assert read(value, "n" * 32) is None


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_="))
def test_no_invented_value_is_a_session(value: str) -> None:
    assert read(value) is None


@given(st.integers(min_value=0, max_value=200), st.sampled_from("aZ0-_"))
def test_no_changed_character_passes(position: int, character: str) -> None:
    value = cookie_of(SESSION, Sessions(sealer(), secure=True))
    position %= len(value) - 4  # the last characters carry padding bits that decoders ignore
    changed = value[:position] + character + value[position + 1 :]

    assert read(changed) == (SESSION if changed == value else None)


def test_a_token_is_renewed_before_it_ends_on_the_way() -> None:
    assert not SESSION.is_due(NOW + timedelta(seconds=869))
    assert SESSION.is_due(NOW + timedelta(seconds=871))


async def test_requests_that_come_together_renew_a_session_once() -> None:
    asked = 0

    async def renew(session: Session) -> Session:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return replace(session, access=f"access-{asked}")

    renewal = Renewal(renew)
    together = await asyncio.gather(*(renewal.renewed(SESSION) for _ in range(5)))
    later = await renewal.renewed(SESSION)

    assert {session.access for session in together if session} == {"access-1"}
    assert later is not None
    assert later.access == "access-2"


def test_a_ticket_is_good_for_a_few_minutes_and_shows_nothing() -> None:
    now = NOW
    tickets = Tickets(sealer(), lambda: now)
    ticket = tickets.issue({"password": "correct horse"})

    assert "horse" not in ticket
    assert tickets.read(ticket) == {"password": "correct horse"}
    now += timedelta(minutes=6)
    assert tickets.read(ticket) is None
    assert tickets.read("") is None
    assert tickets.read("ü" + ticket) is None


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
    problem = {
        "status": 422,
        "code": "X",
        "detail": "no",
        "errors": [{"pointer": "/email", "detail": "is wrong"}],
    }

    assert Refusal.of(problem) == Refusal(422, "X", "no", {"email": "is wrong"})


def test_a_row_shows_a_name_and_initials() -> None:
    contact = dict.fromkeys(("email", "phone", "title", "company"))
    row = Row.of(
        {**contact, "id": "1", "first_name": "ada", "last_name": "", "created_at": "2030-01-01T00:00:00Z"}
    )

    assert (row.name, row.initials) == ("ada", "A")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36", "Chrome on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_called_what_people_call_it(agent: str, name: str) -> None:
    assert device_name(agent) == name
