"""The rules of contacts, without a database."""

from datetime import UTC, datetime

import pytest

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, InvalidInputError
from hastecrm.core.records.listing import COUNT_CAP
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.core.records.service import Count
from hastecrm.features.contacts.domain import CONTACT

NOW = datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
NewContact, ContactPatch = models_of(CONTACT).new, models_of(CONTACT).patch


@pytest.mark.parametrize(
    ("counted", "count"),
    [(0, Count(0, False)), (COUNT_CAP, Count(COUNT_CAP, False)), (COUNT_CAP + 1, Count(COUNT_CAP, True))],
)
def test_a_count_says_when_it_stopped_counting(counted: int, count: Count) -> None:
    assert Count.of(counted) == count


def test_a_patch_knows_absent_from_empty() -> None:
    patch = parse(ContactPatch, b'{"email": null, "phone": "  ", "title": "Dr"}')

    assert values_of(patch) == {"email": None, "phone": None, "title": "Dr"}


def test_a_new_contact_has_what_was_sent() -> None:
    assert values_of(parse(NewContact, b'{"first_name": " Ada "}')) == {"first_name": "Ada"}


@pytest.mark.parametrize("email", ["a@b.co", "first.last+tag@sub.example.com", "ü@exämple.at"])
def test_ordinary_addresses_are_accepted(email: str) -> None:
    assert (
        parse(NewContact, f'{{"first_name":"A","email":"{email}"}}'.encode()).model_dump()["email"] == email
    )


@pytest.mark.parametrize(
    "email", ["a", "a@b", "a@b.c", "@b.co", "a@@b.co", "a b@c.de", "a@b.co,c@d.ef", "<a@b.co>"]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(NewContact, f'{{"first_name":"A","email":"{email}"}}'.encode())

    assert [problem.where for problem in caught.value.errors] == ["/email"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"first_name": "\\ud800"}', b"NaN x"])
def test_what_is_no_json_is_called_so(body: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(NewContact, body)

    assert caught.value.code is Code.VALIDATION_MALFORMED_JSON


@pytest.mark.parametrize("text", ["", "7", "not-an-id", "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c"])
def test_what_is_no_id_names_nothing(text: str) -> None:
    with pytest.raises(CRMError) as caught:
        parse_id(text, "contact")

    assert caught.value.code is Code.BIZ_NOT_FOUND
