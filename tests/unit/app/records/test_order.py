"""Orders, and cursors that belong to one of them."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.core.records.order import Key, Order
from hastecrm.features.contacts.domain import CONTACT

ORDERS = [Order.parse(CONTACT, text) for name in CONTACT.sortable for text in (name, f"{name} desc")]
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.data(), st.sampled_from(ORDERS), st.uuids())
def test_a_cursor_comes_back_as_it_went(data: st.DataObject, order: Order, record: UUID) -> None:
    empty = st.none() if order.field.may_be_null else st.nothing()
    value: Any = data.draw((TEXTS if order.field.name == "last_name" else MOMENTS) | empty)

    assert order.decode(order.encode(Key(value, record))) == Key(value, record)


@given(
    st.sampled_from(ORDERS),
    st.text() | st.binary().map(lambda raw: __import__("base64").b64encode(raw).decode()),
)
def test_any_other_text_is_refused_politely(order: Order, text: str) -> None:
    with suppress(InvalidInputError):
        order.decode(text)


@pytest.mark.parametrize(
    "text", ["city", "last_name down", "last_name, created_at", "desc", "; DROP TABLE contacts"]
)
def test_what_has_no_index_is_no_order(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Order.parse(CONTACT, text)

    assert "created_at, updated_at, last_name" in caught.value.errors[0].detail
