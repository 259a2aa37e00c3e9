"""Static files: their names, their codings, and who may keep them."""

import gzip

import brotli
import pytest
import zstandard

from hastecrm.core.content_coding import Accepted, Coding
from hastecrm.web.static_files import StaticFile, StaticFiles

STYLE = b".card { color: #123456 }\n" * 100
UNPACK = {
    Coding.BROTLI: brotli.decompress,
    Coding.ZSTD: zstandard.ZstdDecompressor().decompress,
    Coding.GZIP: gzip.decompress,
}


def test_another_content_has_another_address() -> None:
    one, other = (StaticFiles([("style.css", body)]).address("style.css") for body in (STYLE, STYLE + b" "))

    assert one != other
    assert one.startswith("/static/style.")
    assert one.endswith(".css")


def test_a_page_cannot_refer_to_a_file_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        StaticFiles([]).address("style.css")


def test_every_coding_holds_the_same_and_is_smaller() -> None:
    file = StaticFile.of("style.css", STYLE)

    assert set(file.coded) == set(Coding)
    assert {coding: UNPACK[coding](body) for coding, body in file.coded.items()} == dict.fromkeys(
        Coding, STYLE
    )
    assert all(len(body) < len(STYLE) for body in file.coded.values())


@pytest.mark.parametrize(("name", "body"), [("mark.svg", b"<svg/>"), ("photo.png", b"\x89PNG" * 1000)])
def test_what_compression_does_not_help_is_left_alone(name: str, body: bytes) -> None:
    assert StaticFile.of(name, body).coded == {}


def test_the_smallest_of_the_codings_that_a_browser_likes_equally_is_sent() -> None:
    file = StaticFile.of("style.css", STYLE)

    answer = file.response(Accepted.parse("gzip, deflate, br, zstd"), "no-cache")
    assert len(bytes(answer.body)) == min(len(body) for body in file.coded.values())  # type: ignore[arg-type]


def test_the_files_of_the_program_can_all_be_served() -> None:
    assert StaticFiles.bundled().address("style.css")
