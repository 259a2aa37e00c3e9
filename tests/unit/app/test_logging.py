"""A log line is one JSON line, whatever is in it, and tells no secrets."""

import asyncio
import io
import json
import os
import threading
import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.encoding import to_json, to_json_line
from hastecrm.core.line_writer import LineWriter
from hastecrm.core.logging import render
from hastecrm.core.masking import Masker


@given(st.text())
def test_no_value_breaks_the_line(text: str) -> None:
    line = render(None, "info", {"event": text, "path": text})

    decoded = line.decode("utf-8")
    assert len(decoded.splitlines()) == 1
    assert json.loads(decoded)["path"] == text


@pytest.mark.parametrize("value", ["\ud800", {"a": "\udfff"}, b"\xff", {1, 2}, object(), 2**70])
def test_nothing_makes_a_line_fail(value: object) -> None:
    assert json.loads(to_json_line({"value": value})).keys() == {"value"}


def test_time_level_and_event_come_first() -> None:
    line = render(None, "info", {"zebra": 1, "event": "e", "level": "info", "time": "t"})

    assert line == b'{"time":"t","level":"info","event":"e","zebra":1}'


@pytest.mark.parametrize(
    "key",
    ["password", "DATABASE_PASSWORD", "access_token", "Authorization", "cookie", "secret_key", "api_key"],
)
def test_values_under_telling_keys_are_masked(key: str) -> None:
    assert Masker([])(None, "info", {key: "hunter2"})[key] == "***"


def test_known_secrets_are_masked_wherever_they_are() -> None:
    event = Masker(["hunter2", ""])(None, "info", {"event": "login with hunter2 failed", "number": 2})

    assert event == {"event": "login with *** failed", "number": 2}


def test_lines_are_written_in_order_and_flushed_at_the_end() -> None:
    out = io.BytesIO()
    writer = LineWriter(out)
    for number in range(100):
        writer.info(str(number).encode())
    writer.close()

    assert out.getvalue().split() == [str(number).encode() for number in range(100)]


def test_a_reader_that_is_too_slow_costs_lines_but_no_time_and_is_told() -> None:
    out, gate = io.BytesIO(), threading.Event()

    class Slow(io.RawIOBase):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            gate.wait(5)
            return out.write(data)

    writer = LineWriter(Slow(), capacity=2)
    writer.context = {"role": "api", "version": "1"}
    for _ in range(50):
        writer.msg(b"line")
    gate.set()
    writer.close()

    lines = out.getvalue().splitlines()
    assert writer.dropped >= 40
    told = [json.loads(line) for line in lines if line != b"line"]
    assert sum(line["lines"] for line in told) == writer.dropped
    assert {"time", "level", "event", "role", "version"} <= told[0].keys()
    assert lines.count(b"line") == 50 - writer.dropped


async def test_a_reader_that_has_stopped_never_stops_the_event_loop() -> None:
    reading, writing = os.pipe()
    with io.FileIO(writing, "wb") as out, io.FileIO(reading, "rb") as reader:
        writer = LineWriter(out, capacity=1_000)
        slowest = 0.0
        for _ in range(5_000):  # 5 MB; the pipe takes 64 kB
            started = time.perf_counter()
            writer.msg(b"x" * 1_000)
            slowest = max(slowest, time.perf_counter() - started)
            await asyncio.sleep(0)
        waited_for_nobody = writer.dropped
        collected = asyncio.create_task(asyncio.to_thread(_drain, reader))
        await asyncio.to_thread(writer.close)
        out.close()
        lines = (await collected).splitlines()

    assert waited_for_nobody >= 3_000
    assert slowest < 5  # waiting for the reader would have lasted for ever
    assert len([line for line in lines if line == b"x" * 1_000]) == 5_000 - writer.dropped


def _drain(reader: io.FileIO) -> bytes:
    found = b""
    while chunk := reader.read(65_536):
        found += chunk
    return found


def test_the_end_does_not_wait_for_a_reader_that_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hastecrm.core.line_writer._CLOSE_SECONDS", 0.05)
    gate = threading.Event()

    class Stopped(io.RawIOBase):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            gate.wait(10)
            return len(data)

    writer = LineWriter(Stopped(), capacity=1)
    for _ in range(3):
        writer.msg(b"line")
    writer.close()
    returned = not gate.is_set()
    gate.set()

    assert returned


def test_an_output_that_takes_a_part_gets_the_rest_later() -> None:
    out = io.BytesIO()

    class Narrow(io.RawIOBase):
        def __init__(self) -> None:
            self.calls = 0

        def write(self, data: bytes) -> int | None:  # type: ignore[override]
            self.calls += 1
            return None if self.calls == 1 else out.write(data[:3])

    writer = LineWriter(Narrow())
    writer.msg(b"a line of some length")
    writer.close()

    assert out.getvalue() == b"a line of some length\n"


def test_a_reader_that_is_gone_does_not_stop_the_program() -> None:
    out = io.BytesIO()
    out.close()
    writer = LineWriter(out)
    writer.msg(b"line")
    writer.close()
    writer.msg(b"late")

    assert writer.dropped == 1


def test_json_keeps_what_json_can_say() -> None:
    assert to_json({"a": [1, "ü", None, True]}) == '{"a":[1,"ü",null,true]}'.encode()


HOSTILE = {
    "a second line": 'x\n{"level":"error","event":"forged"}',
    "carriage return": "x\r\nforged",
    "colours and cursor": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "C1 controls": "\x9b31mred\x85next",
    "line separators": "a\u2028b\u2029c",
    "text turned around": "a\u202egnp.exe\u2066",
    "delete and NUL": "a\x7f\x00b",
    "half a surrogate pair": "\ud800",
    "JSON": '","level":"critical',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_from_outside_can_forge_a_line_or_command_a_terminal(text: str) -> None:
    line = render(None, "info", {"level": "info", "event": "request", "path": text, text: "key"})

    decoded = line.decode()
    assert len(decoded.splitlines()) == 1
    assert all(character.isprintable() for character in decoded)
    assert json.loads(decoded)["level"] == "info"
    assert json.loads(decoded)["path"] == text


def test_bytes_that_are_no_text_are_shown_escaped() -> None:
    event = Masker([])(None, "info", {"event": "x", "raw": b"\xff\xfe\n"})

    assert event["raw"] == "b'\\xff\\xfe\\n'"


def test_huge_values_are_cut() -> None:
    event = Masker([])(
        None, "info", {"path": "x" * 10**6, "list": ["y"] * 10**5, "exception": "z" * 10**6, "deep": _deep()}
    )

    assert len(render(None, "info", event)) < 60_000
    assert event["path"].endswith("(995904 more characters)")


def _deep() -> object:
    value: object = "bottom"
    for _ in range(500):
        value = {"in": value, "number": 1}
    return value


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://hastecrm:hunter2hunter2@db:5432/hastecrm",
        "GET https://example.com/callback?state=1&access_token=hunter2hunter2&x=1",
        "Authorization: Bearer hunter2hunter2",
        "sent Bearer hunter2hunter2 to the API",
        "Cookie: __Host-session=hunter2hunter2",
        "{'password': 'hunter2hunter2', 'user': 'ada'}",
        'ValueError: bad token "eyJhbGciOiJIUzI1NiJ9.hunter2hunter2.sig"',
        "SMTP login failed (password=hunter2hunter2)",
    ],
)
def test_what_looks_like_a_secret_is_masked_in_texts_and_addresses(text: str) -> None:
    event = Masker([])(
        None, "info", {"event": text, "exception": f"Traceback …\n{text}", "nested": {"a": [text]}}
    )

    line = render(None, "info", event)
    assert b"hunter2" not in line
    assert line.count(b"***") >= 3


def test_secrets_are_masked_in_nested_values_and_in_what_objects_say_of_themselves() -> None:
    class Account:
        def __repr__(self) -> str:
            return "Account(hunter2)"

    event = Masker(["hunter2", "p@ss/word"])(
        None,
        "info",
        {
            "body": {"user": "ada", "password": "x", "more": [{"api_key": "y", "note": "is hunter2"}]},
            "account": Account(),
            "url": "redis://:p%40ss%2Fword@cache:6379",
            "codes": ("hunter2", 7),
        },
    )

    assert event["body"] == {"user": "ada", "password": "***", "more": [{"api_key": "***", "note": "is ***"}]}
    assert event["account"] == "Account(***)"
    assert "word" not in event["url"]
    assert event["codes"] == ["***", 7]


def test_values_that_are_no_secret_are_left_as_they_are() -> None:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    event = {"id": UUID(int=1), "n": 1, "f": 0.5, "none": None, "yes": True, "path": "/api/v1/contacts"}
    seen = Masker(["hunter2"])(
        None, "info", {**event, "at": moment, "on": date(2026, 1, 2), "in": timedelta(1)}
    )

    assert seen == {**event, "at": "2026-01-02T03:04:00+00:00", "on": "2026-01-02", "in": "1 day, 0:00:00"}


def test_an_object_that_cannot_show_itself_costs_no_line() -> None:
    class Mute:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert Masker([])(None, "info", {"value": Mute()})["value"] == "<a Mute without a text>"
