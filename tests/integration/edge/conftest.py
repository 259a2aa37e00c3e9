"""On the event loop of production: sockets and their buffers behave differently from asyncio's own."""

from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], uvloop.Loop]]:
    """Let every test of this folder run on uvloop."""
    return {"uvloop": uvloop.new_event_loop}
