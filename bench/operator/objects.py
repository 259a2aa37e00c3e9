"""The HasteCRM objects that are measured."""

import asyncio
from collections.abc import Callable, Iterable

from .client import Client
from .plane import NAMESPACE

UNUSED = 99_999  # the number of the object that is recorded
_PATH = f"/apis/hastecrm.io/v1alpha1/namespaces/{NAMESPACE}/hastecrms"
_AT_ONCE = 10


def name_of(number: int) -> str:
    """Return the name of one object; all are of one length."""
    return f"crm-{number:05d}"


def names(count: int, first: int = 0) -> list[str]:
    """Return the names of so many objects."""
    return [name_of(number) for number in range(first, first + count)]


def path_of(name: str) -> str:
    """Return the path of one object."""
    return f"{_PATH}/{name}"


async def post(client: Client, wanted: Iterable[str], made: Callable[[str, str], None]) -> None:
    """Create objects, several at once; tells `made` the name and uid of each."""
    left = iter(wanted)

    async def worker() -> None:
        for name in left:
            stored = await client.send("POST", _PATH, _body(name))
            made(name, stored["metadata"]["uid"])

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(worker())


def _body(name: str) -> dict[str, object]:
    return {
        "apiVersion": "hastecrm.io/v1alpha1",
        "kind": "HasteCRM",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"version": "0.1.0", "host": f"{name}.example.com"},
    }
