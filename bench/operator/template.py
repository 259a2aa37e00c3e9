"""What the operator asks of the API server for one object, recorded, to be repeated for any number."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

import orjson

from .client import APPLY, Body
from .objects import UNUSED, name_of, post
from .plane import NAMESPACE, Plane
from .player import WORKLOADS, Player
from .proxy import Request, proxied
from .subject import operated
from .watching import Watching

_SECONDS = 60
_NO_CHILDREN = {"hastecrms", "events", "leases"}


@dataclass(frozen=True)
class Template:
    """Everything that was asked for one object until it was Ready, in that order."""

    name: str
    uid: str
    requests: tuple[Request, ...]
    children: tuple[Request, ...]
    """Of these, the first write of each child."""

    @property
    def collections(self) -> list[str]:
        """The collections that the children are in, over all namespaces."""
        return sorted({collection(request) for request in self.children})

    def of(self, name: str, uid: str, *, whole: bool = False) -> list[Request]:
        """Return the writes of the children of another object, or with `whole` all requests for it."""
        return [
            replace(
                request,
                path=request.path.replace(self.name, name),
                body=request.body.replace(self.name.encode(), name.encode()).replace(
                    self.uid.encode(), uid.encode()
                ),
            )
            for request in (self.requests if whole else self.children)
        ]

    def children_of(self, name: str) -> set[tuple[str, str]]:
        """Return collection and name of each child of another object."""
        return {
            (collection(request), orjson.loads(request.body)["metadata"]["name"].replace(self.name, name))
            for request in self.children
        }

    def written(self, of: str, child: str) -> Body:
        """Return what was written of the recorded child that corresponds to another object's."""
        name = self.name + child[len(self.name) :]  # all objects' names are of one length
        bodies = (orjson.loads(request.body) for request in self.children if collection(request) == of)
        return next(body for body in bodies if body["metadata"]["name"] == name)


def collection(request: Request) -> str:
    """Return the path of the collection over all namespaces that a write goes to."""
    root, _, rest = request.collection.partition(f"/namespaces/{NAMESPACE}/")
    return f"{root}/{rest.split('/')[0]}"


def costs_an_address(request: Request) -> bool:
    """Whether a write makes a Service with a cluster IP: many at once are slow."""
    return collection(request) == "/api/v1/services" and b'"clusterIP":"None"' not in request.body


async def record(plane: Plane) -> Template:
    """Let the operator make one object through a proxy and return what it wrote."""
    watching = Watching(plane.admin, WORKLOADS)
    player, uids = Player(plane.admin, watching), dict[str, str]()
    name = name_of(UNUSED)
    async with (
        watching.open(),
        player.playing(),
        proxied(plane) as proxy,
        operated(plane, identity="recorded", server=proxy.url),
    ):
        await post(plane.admin, [name], uids.__setitem__)
        await watching.until(lambda: name in watching.ready, _SECONDS, lambda: _complaint(proxy.requests))
        await asyncio.sleep(0.5)
    asked = tuple(r for r in proxy.requests if name in r.path or name.encode() in r.body)
    return Template(name, uids[name], asked, tuple(_first_writes(asked)))


def _first_writes(requests: Iterable[Request]) -> list[Request]:
    first: dict[str, Request] = {}
    for request in requests:
        if _makes_a_child(request):
            key = request.collection if request.method == "PATCH" else request.collection + _name(request)
            first.setdefault(key, request)
    return list(first.values())


def _makes_a_child(request: Request) -> bool:
    if f"/namespaces/{NAMESPACE}/" not in request.path or collection(request).split("/")[-1] in _NO_CHILDREN:
        return False
    applied = request.method == "PATCH" and request.kind == APPLY
    return (applied and not request.collection.endswith("/status")) or request.method == "POST"


def _name(request: Request) -> str:
    return "/" + str(orjson.loads(request.body)["metadata"]["name"])


def _complaint(requests: Iterable[Request]) -> str:
    made = ", ".join(request.collection for request in _first_writes(requests)) or "nothing"
    return f"the operator does not make one object Ready; it made {made}"
