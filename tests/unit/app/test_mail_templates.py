"""Placeholders are found, checked and filled in, and nothing else happens to a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.features.mail.domain import Placeholder, cleaned, placeholders, prepare, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{contact.first_name}}", Placeholder("contact", "first_name")),
        ("{{ contact.custom.budget | much }}", Placeholder("contact", "custom.budget", "much")),
        ("a {{sender.name|}} b", Placeholder("sender", "name")),
    ],
)
def test_placeholders_are_found(text: str, expected: Placeholder) -> None:
    assert list(placeholders(text)) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "{{}}",
        "{{name}}",
        "{{contact.}}",
        "{{contact.__class__}}",
        "{{1+1}}",
        "{{contact.a",
        "a}}",
        "{{{{x}}}}",
    ],
)
def test_braces_that_are_no_placeholder_are_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"\{\{"):
        list(placeholders(text))


@given(st.text(alphabet="{}ab.| _\n", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = list(placeholders(text))
    except ValueError:
        return
    filled = written({"subject": "x", "body": text}, {}, None).text

    assert "{{" not in filled or found


def test_values_are_not_looked_into() -> None:
    values = {"contact.first_name": "{{sender.name}}", "sender.name": "secret"}
    mail = written({"subject": "x", "body": "Dear {{contact.first_name}}"}, values, "a@example.com")

    assert mail.text == "Dear {{sender.name}}"


def test_an_empty_field_has_its_substitute_or_is_told() -> None:
    draft = {"subject": "{{contact.title}}", "body": "Dear {{contact.first_name | reader}}"}
    mail = written(draft, {"contact.first_name": ""}, None)

    assert (mail.text, mail.empty) == ("Dear reader", ["contact.title"])


def test_a_value_makes_neither_markup_nor_a_second_line_of_the_subject() -> None:
    values = {"contact.company": "<b>A & B</b>\r\nBcc: eve@example.com"}
    draft = {"subject": "For {{contact.company}}", "body": "x", "html": "<p>{{contact.company}}</p>"}
    mail = written(draft, values, None)

    assert mail.subject == "For <b>A & B</b> Bcc: eve@example.com"
    assert mail.html is not None
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in mail.html


def test_a_value_cannot_become_an_address_that_runs() -> None:
    draft = {"subject": "x", "body": "x", "html": '<a href="{{contact.title}}">us</a>'}
    mail = written(draft, {"contact.title": "javascript:alert(1)"}, None)

    assert mail.html is not None
    assert "javascript" not in mail.html


def test_html_loses_what_no_mail_needs() -> None:
    html = '<p onclick="x()">Hi</p><script>x()</script><form><input></form>'

    assert cleaned(html) == "<p>Hi</p>"


def test_html_that_cleaning_makes_too_long_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="20,000"):
        prepare(None, {"html": "&" * 20_000})
