"""What is compressed on its way out and what is not, on real requests."""

import asyncio
import gzip
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp
import brotli
import pytest
import zstandard
from aiohttp import web as aiohttp_web
from aiohttp.test_utils import TestServer
from tests.integration.application import CONTACTS, TOKEN, Running

from hastecrm.core import compression
from hastecrm.core.compression import ON_THE_LOOP, UNCOMPRESSED, Compressor
from hastecrm.core.content_coding import Coding
from hastecrm.core.operations import Operation
from hastecrm.core.policy import Open

UNPACK: Mapping[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "zstd": zstandard.ZstdDecompressor().decompress,
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}
LONG = b'{"text":"' + b"what is said again and again " * 100 + b'"}'
HUGE = b'{"text":"' + b"what is said again and again " * 4000 + b'"}'


class Raw:
    """A client that shows answers as they travel."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __call__(
        self, path: str, accept: str | None, method: str = "GET", **headers: str
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        sent = {"Authorization": f"Bearer {TOKEN}", **headers}
        if accept is not None:
            sent["Accept-Encoding"] = accept
        skipped = ["Accept-Encoding"] if accept is None else []
        async with (
            aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=skipped) as http,
            http.request(method, self.url + path, headers=sent) as answer,
        ):
            return answer, await answer.read()


async def fill(api: Running, number: int = 12) -> None:
    """Add contacts whose page is worth compressing."""
    for each in range(number):
        body = {"first_name": "Ada", "last_name": f"Lovelace {each}", "company": "Analytical Engines " * 8}
        assert (await api.call("POST", CONTACTS, json=body)).status == 201


@asynccontextmanager
async def serving(**handlers: object) -> AsyncIterator[Raw]:
    """Serve each handler at its name, behind the compressor."""
    app = aiohttp_web.Application()
    Compressor().add_to(app)
    for name, handler in handlers.items():
        app.router.add_get(f"/{name}", handler)  # type: ignore[arg-type]
    async with TestServer(app) as server:
        yield Raw(str(server.make_url("")).rstrip("/"))


def saying(body: bytes, **options: object) -> Callable[..., object]:
    async def handle(_request: aiohttp_web.Request) -> aiohttp_web.Response:
        return aiohttp_web.Response(body=body, **{"content_type": "application/json", **options})  # type: ignore[arg-type]

    return handle


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("zstd;q=0, br;q=0.1, gzip;q=0.2", "gzip"),
        ("deflate, compress", None),
        ("*;q=0", None),
        ("identity;q=0, br", "br"),
        ("?;=,,gzip", "gzip"),
    ],
)
async def test_every_coding_unpacks_to_the_same_page(
    api: Running, accept: str | None, coding: str | None
) -> None:
    await fill(api)
    raw = Raw(api.url)

    answer, body = await raw(CONTACTS, accept)
    _, plain = await raw(CONTACTS, None)
    assert answer.headers.get("Content-Encoding") == coding
    assert UNPACK[coding](body) == plain
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(body)
    assert coding is None or len(body) < len(plain) / 3


async def test_the_head_of_a_page_is_that_of_the_page(api: Running) -> None:
    await fill(api)
    raw = Raw(api.url)

    page, _ = await raw(CONTACTS, "gzip", **{"X-Request-ID": "the-same-id"})
    head, body = await raw(CONTACTS, "gzip", "HEAD", **{"X-Request-ID": "the-same-id"})
    assert body == b""
    assert {**page.headers, "Date": ""} == {**head.headers, "Date": ""}


async def test_a_problem_is_compressed_like_anything_else(api: Running) -> None:
    body = '{"first_name": "A"' + "".join(f', "extra{n}": 1' for n in range(50)) + "}"
    async with (
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.post(
            api.url + CONTACTS,
            data=body,
            headers={
                "Authorization": f"Bearer {TOKEN}",
                "Accept-Encoding": "br",
                "Content-Type": "application/json",
            },
        ) as answer,
    ):
        text = brotli.decompress(await answer.read())

    assert (answer.status, answer.headers["Content-Encoding"]) == (422, "br")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert text.count(b"is not a field") == 50


async def test_a_short_answer_is_sent_as_it_is_unless_that_is_forbidden(api: Running) -> None:
    raw = Raw(api.url)

    welcome, body = await raw(f"{CONTACTS}/count", "gzip")
    forbidden, packed = await raw(f"{CONTACTS}/count", "gzip, identity;q=0")
    assert "Content-Encoding" not in welcome.headers
    assert welcome.headers["Vary"] == "Accept-Encoding"
    assert forbidden.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == body


async def test_pages_with_forms_are_never_compressed(web: Running) -> None:
    for path in ("/login", "/nowhere"):
        answer, body = await Raw(web.url)(path, "gzip, br, zstd, identity;q=0")

        assert "Content-Encoding" not in answer.headers, path
        assert b"<html" in body


async def test_an_operation_can_keep_its_secrets_out_of_compression() -> None:
    told = Operation("a", "GET", "/api/v1/told", "", [], Open.PUBLIC)
    kept = Operation("b", "GET", "/api/v1/kept", "", [], Open.PUBLIC, compressed=False)
    app = aiohttp_web.Application()
    Compressor().add_to(app)
    for operation in (told, kept):
        operation.add_to(app, saying(LONG))  # type: ignore[arg-type]
    async with TestServer(app) as server:
        raw = Raw(str(server.make_url("")).rstrip("/"))
        told_answer, kept_answer = [await raw(each.path, "br") for each in (told, kept)]

    assert told_answer[0].headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in kept_answer[0].headers
    assert kept_answer[1] == LONG


async def marked(_request: aiohttp_web.Request) -> aiohttp_web.Response:
    response = aiohttp_web.Response(body=LONG, content_type="application/json")
    response[UNCOMPRESSED] = True
    return response


async def streamed(request: aiohttp_web.Request) -> aiohttp_web.StreamResponse:
    response = aiohttp_web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    await response.write(LONG)
    await response.write_eof()
    return response


async def test_what_is_not_ours_to_compress_passes_untouched() -> None:
    handlers = {
        "marked": marked,
        "streamed": streamed,
        "part": saying(LONG, status=206, headers={"Content-Range": "bytes 0-9/10"}),
        "picture": saying(LONG, content_type="image/png"),
        "packed": saying(gzip.compress(LONG), headers={"Content-Encoding": "gzip"}),
        "untouchable": saying(LONG, headers={"Cache-Control": "no-transform"}),
        "nothing": saying(b"", status=204),
    }
    async with serving(**handlers) as raw:
        for name in handlers:
            answer, body = await raw(f"/{name}", "br, zstd, gzip")
            assert answer.headers.get("Content-Encoding") == ("gzip" if name == "packed" else None), name
            plain = gzip.decompress(body) if name == "packed" else body
            assert plain == (b"" if name == "nothing" else LONG), name


async def test_a_strong_tag_differs_between_codings_and_a_weak_one_does_not() -> None:
    strong, weak = saying(LONG, headers={"ETag": '"1"'}), saying(LONG, headers={"ETag": 'W/"1"'})
    async with serving(strong=strong, weak=weak) as raw:
        tags = {
            (path, accept): (await raw(path, accept))[0].headers["ETag"]
            for path in ("/strong", "/weak")
            for accept in ("identity", "br", "gzip")
        }

    assert list(tags.values()) == ['"1"', '"1+br"', '"1+gzip"', 'W/"1"', 'W/"1"', 'W/"1"']


@pytest.mark.parametrize("coding", list(Coding))
async def test_a_large_body_leaves_the_loop_free(coding: Coding, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    original = compression.CODERS[coding]

    def noting(body: bytes) -> bytes:
        threads.append(threading.current_thread().name)
        return original(body)

    monkeypatch.setattr(compression, "CODERS", {coding: noting})
    async with serving(large=saying(HUGE), small=saying(LONG)) as raw:
        (_, large), (_, small) = await raw("/large", coding), await raw("/small", coding)

    assert len(LONG) < ON_THE_LOOP < len(HUGE)
    assert (UNPACK[coding](large), UNPACK[coding](small)) == (HUGE, LONG)
    assert threads[0].startswith("compress")
    assert threads[1] == threading.main_thread().name


async def test_more_large_bodies_than_can_wait_are_sent_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def slow(body: bytes) -> bytes:
        go_on.wait(10)
        return gzip.compress(body, 1)

    monkeypatch.setattr(compression, "CODERS", {Coding.GZIP: slow})
    monkeypatch.setattr(compression, "WAITING", 2)
    async with serving(large=saying(HUGE)) as raw:
        waiting = [asyncio.create_task(raw("/large", "gzip")) for _ in range(3)]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        plain = [task.result()[0].headers.get("Content-Encoding") for task in done]
        go_on.set()
        answers = await asyncio.gather(*waiting)

    assert plain == [None]
    assert sorted(str(a.headers.get("Content-Encoding")) for a, _ in answers) == ["None", "gzip", "gzip"]


def test_nobody_pays_for_codings_that_nobody_asked_for() -> None:
    # aiohttp itself loads brotli, to unpack requests; that is 0.2 MB.
    code = "import sys, hastecrm.main.api; print({'zstandard', 'isal'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
