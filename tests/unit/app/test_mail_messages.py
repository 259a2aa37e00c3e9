"""Messages are read whatever is in them, and give nothing that a database or a person would stumble over."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.features.mailboxes.domain import pause
from hastecrm.features.mailboxes.messages import TEXT, heading, moment_of, text

HEADERS = b"""From: "Ada, Countess" <Ada@Example.com>
To: sales@example.com, Bob <bob@example.com>
Cc: sales@example.com
Date: Fri, 27 Nov 2026 10:30:00 +0100
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
 and more
Message-ID: <3@example.com>
In-Reply-To: <2@example.com>
References: <1@example.com>
 <2@example.com>

"""


def test_headers_say_who_wrote_to_whom_and_when() -> None:
    found = heading(HEADERS)

    assert found.sender == ("ada@example.com",)
    assert found.recipients == ("sales@example.com", "bob@example.com")
    assert found.subject == "Grüße and more"
    assert found.sent_at == datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
    assert (found.message_id, found.thread_id) == ("<3@example.com>", "<1@example.com>")


def test_without_headers_nothing_is_made_up() -> None:
    found = heading(b"\n")

    assert (found.sender, found.recipients, found.subject) == ((), (), "")
    assert (found.sent_at, found.message_id, found.thread_id) == (None, None, None)


def test_nothing_was_sent_in_the_future() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    assert moment_of(heading(HEADERS), now) == now


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"Content-Type: text/plain; charset=latin-1\n\nGr\xfc\xdfe\r\n", "Grüße"),
        (b"Content-Type: text/html\n\n<p>One</p><p>Two &amp; 3</p><script>x()</script>", "One\nTwo & 3"),
        (b"Content-Type: text/plain; charset=klingon\n\nnuqneH", ""),
        (b"Content-Type: image/png\n\nxyz", ""),
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\nH\n--b\n\nplain\n",
            "plain",
        ),
        (b"\nnul\x00 and bell\x07", "nul and bell"),
    ],
)
def test_the_text_is_what_one_would_read(source: bytes, expected: str) -> None:
    assert text(source) == expected


def test_a_long_text_is_cut() -> None:
    assert len(text(b"\n" + b"x" * (TEXT + 1))) == TEXT


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", HEADERS[:-1], b"Content-Type: multipart/mixed; boundary=x\n"]),
)
def test_any_bytes_are_read(source: bytes, before: bytes) -> None:
    found = heading(before + source)

    for each in (found.subject, text(before + source), *found.sender, *found.recipients):
        assert "\0" not in each
        each.encode()


@given(st.text(max_size=80), st.sampled_from(["From", "To", "Date", "Subject", "Message-ID", "References"]))
def test_any_header_is_read(value: str, name: str) -> None:
    heading(f"{name}: {value}\n\n".encode("utf-8", "surrogateescape"))


def test_failures_make_visits_rarer_up_to_a_limit() -> None:
    assert pause(0) < pause(1) < pause(6) == pause(600)
