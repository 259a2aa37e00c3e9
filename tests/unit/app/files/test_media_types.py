"""What a file is taken for, by its content and its name."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.core.files.media_types import UNKNOWN, media_type_of, served_type


def archive() -> bytes:
    """A ZIP archive."""
    with zipfile.ZipFile(held := io.BytesIO(), "w") as archived:
        archived.writestr("a", "b")
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "head", "media_type"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.jpg", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("offer.pdf", b"%PDF-1.7", "application/pdf"),
        ("offer", b"%PDF-1.7", "application/pdf"),
        ("a.zip", archive(), "application/zip"),
        (
            "a.docx",
            archive(),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("a.csv", b"a,b\n1,2\n", "text/csv"),
        ("a.txt", "Grüße".encode(), "text/plain"),
        ("a", b"", "text/plain"),
        ("a.html", b"<script>alert(1)</script>", "text/html"),
        ("a.bin", b"\x00\x01\x02", UNKNOWN),
    ],
)
def test_the_content_says_what_a_file_is_and_the_name_refines_it(
    name: str, head: bytes, media_type: str
) -> None:
    assert media_type_of(name, head) == media_type


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("setup.exe", b"anything"),
        ("offer.pdf", b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\x00\x00"),
        ("notes.txt", b"#!/bin/sh\n"),
        ("tool", b"\x7fELF\x02"),
        ("offer.pdf", archive()),
        ("picture.png", b"%PDF-1.7"),
        ("offer.docx", b"just text"),
    ],
)
def test_programs_and_names_that_belie_the_content_are_refused(name: str, head: bytes) -> None:
    with pytest.raises(InvalidInputError):
        media_type_of(name, head)


@pytest.mark.parametrize("cut", range(1, 4))
def test_text_whose_last_letter_is_cut_off_is_still_text(cut: int) -> None:
    head = ("a" * (4096 - cut) + "\N{GRINNING FACE}").encode()[:4096]

    assert media_type_of("a.txt", head) == "text/plain"


@given(st.text(), st.binary(max_size=200))
def test_whatever_comes_has_a_type_or_is_refused(name: str, head: bytes) -> None:
    with contextlib.suppress(InvalidInputError):
        assert "/" in media_type_of(name, head)


@pytest.mark.parametrize("active", ["text/html", "image/svg+xml", "application/xml"])
def test_what_a_browser_would_run_is_served_as_bytes(active: str) -> None:
    assert served_type(active) == UNKNOWN
    assert served_type("application/pdf") == "application/pdf"
