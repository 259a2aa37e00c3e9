"""A log line is one JSON line, whatever is in it, and tells no secrets."""

import io
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.encoding import to_json, to_json_line
from hastecrm.core.logging import LineWriter, Masker, render


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

    writer = LineWriter(Slow(), capacity=2)  # type: ignore[arg-type]
    for _ in range(50):
        writer.msg(b"line")
    gate.set()
    writer.close()

    lines = out.getvalue().splitlines()
    assert writer.dropped >= 47
    told = [json.loads(line)["lines"] for line in lines if line != b"line"]
    assert sum(told) == writer.dropped
    assert lines.count(b"line") == 50 - writer.dropped


def test_a_reader_that_is_gone_does_not_stop_the_program() -> None:
    out = io.BytesIO()
    out.close()
    writer = LineWriter(out)
    writer.msg(b"line")
    writer.close()
    writer.msg(b"late")

    assert writer.dropped == 0


def test_json_keeps_what_json_can_say() -> None:
    assert to_json({"a": [1, "ü", None, True]}) == '{"a":[1,"ü",null,true]}'.encode()
