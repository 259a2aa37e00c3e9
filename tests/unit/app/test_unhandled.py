"""What fails where nobody waits for it, and lines that could not be written: told once, and counted."""

import asyncio
import gc
import io
import threading
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from hastecrm.core import logging
from hastecrm.core.health import Health
from hastecrm.core.line_writer import LineWriter
from hastecrm.core.metrics import Metrics
from hastecrm.core.startup import Startup
from hastecrm.core.unhandled import Unhandled
from hastecrm.main.observing import observe_process


@pytest.fixture
def default_logging() -> Iterator[None]:
    """Whatever the test configures ends with it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


async def test_a_task_that_nobody_waits_for_is_told_once_and_counted() -> None:
    async def fail() -> None:
        raise ValueError("nobody sees this")

    unhandled = Unhandled()
    unhandled.install()
    with capture_logs() as lines:
        task = asyncio.create_task(fail(), name="mail")
        await asyncio.wait([task])
        del task
        gc.collect()

    [line] = lines
    assert unhandled.count == 1
    assert (line["log_level"], line["where"]) == ("error", "mail")
    assert isinstance(line["exc_info"], ValueError)


async def test_a_callback_that_fails_is_counted_too() -> None:
    def fail() -> None:
        raise ValueError("in a callback")

    unhandled = Unhandled()
    unhandled.install()
    with capture_logs() as lines:
        asyncio.get_running_loop().call_soon(fail)
        await asyncio.sleep(0.01)

    assert (unhandled.count, len(lines)) == (1, 1)


@pytest.mark.usefixtures("default_logging")
def test_lines_that_nobody_reads_in_time_are_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    class Stopped(io.RawIOBase):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            gate.wait(10)
            return len(data)

    monkeypatch.setattr(logging, "LineWriter", lambda: LineWriter(Stopped(), capacity=2))
    monkeypatch.setattr(logging.logging, "basicConfig", lambda **_: None)
    writer = logging.configure("INFO", role="api", version="1")
    metrics = Metrics(role="api", version="1")
    observe_process(metrics, Health("api", "1", Startup([])), Unhandled())
    for _ in range(50):
        structlog.get_logger().info("line")
    exposed = metrics.text().decode()
    gate.set()
    writer.close()

    assert writer.dropped >= 40
    assert f"hastecrm_log_lines_dropped_total {float(writer.dropped)}" in exposed
