"""Static files over HTTP: kept for ever under the address that pages name, in the coding that is liked."""

import re

import pytest
from tests.integration.application import Answer, Running
from tests.integration.test_compression import UNPACK, Raw


async def addresses(web: Running) -> list[str]:
    """Return the addresses that a page refers to."""
    page = (await web.call("GET", "/login")).text
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', page)


async def style(web: Running) -> str:
    return next(address for address in await addresses(web) if address.endswith(".css"))


async def test_pages_name_every_file_by_its_content_and_each_may_be_kept_for_ever(web: Running) -> None:
    found = await addresses(web)

    assert {address.rpartition(".")[2] for address in found} == {"css", "svg"}
    for address in found:
        answer = await web.call("GET", address)
        assert re.fullmatch(r"/static/\w+\.[0-9a-f]{16}\.\w+", address)
        assert (answer.status, answer.headers["Cache-Control"]) == (
            200,
            "public, max-age=31536000, immutable",
        )
        kind = "text/css; charset=utf-8" if address.endswith("css") else "image/svg+xml"
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("accept", [None, "gzip", "br", "zstd", "gzip, deflate, br, zstd"])
async def test_a_file_unpacks_to_the_same_from_every_coding(web: Running, accept: str | None) -> None:
    address, raw = await style(web), Raw(web.url)

    answer, body = await raw(address, accept)
    head, _ = await raw(address, accept, "HEAD")
    _, plain = await raw(address, None)
    coding = answer.headers.get("Content-Encoding")
    assert coding == (accept if accept is None or "," not in accept else "br")
    assert UNPACK[coding](body) == plain
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert head.headers["ETag"] == answer.headers["ETag"]
    assert head.headers["Content-Length"] == answer.headers["Content-Length"]


async def test_a_known_file_is_not_sent_again_in_any_coding(web: Running) -> None:
    address, raw = await style(web), Raw(web.url)
    tags = {accept: (await raw(address, accept))[0].headers["ETag"] for accept in ("identity", "br", "gzip")}

    assert len(set(tags.values())) == 3
    for accept, tag in tags.items():
        again, body = await raw(address, accept, **{"If-None-Match": tag})
        assert (again.status, body) == (304, b"")
        assert again.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert again.headers["ETag"] == tag


@pytest.mark.parametrize("path", ["/static/style.css", "/static/style.0123456789abcdef.css"])
async def test_any_other_name_of_a_file_shows_it_as_it_is_now(web: Running, path: str) -> None:
    answer, named = await web.call("GET", path), await web.call("GET", await style(web))

    assert (answer.status, answer.body) == (200, named.body)
    assert answer.headers["Cache-Control"] == "public, no-cache"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert (await web.call("GET", path, headers=known)).status == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing.css",
        "/static/../pages.py",
        "/static/%2e%2e%2fpages.py",
        "/static/..%2f..%2fmain%2fweb.py",
        "/static/....//pages.py",
        "/static/style.css%00.png",
        "/static/",
        "/static/style.0123456789ABCDEF.css",
        "/static/style.css.br",
    ],
)
async def test_nothing_else_can_be_reached(web: Running, path: str) -> None:
    answer: Answer = await web.call("GET", path)

    assert answer.status in {303, 404}, path
    assert "def " not in answer.text
