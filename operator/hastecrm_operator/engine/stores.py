"""What the informers fill: the memory of children, and the HasteCRM objects."""

import structlog

from hastecrm_operator.engine.children import ChildID, Children, Key, child
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.foreign import Foreign
from hastecrm_operator.engine.informer import Identity
from hastecrm_operator.engine.intake import Intake
from hastecrm_operator.engine.kinds import Kind
from hastecrm_operator.engine.requests import Requests

log = structlog.get_logger()


class ChildStore:
    """The children of one kind in one namespace ("" for all)."""

    def __init__(self, children: Children, kind: Kind, namespace: str = "") -> None:
        self._children = children
        self._kind = kind
        self._namespace = namespace

    def put(self, live: JSON) -> Identity:
        """Take in a child that exists."""
        meta = live["metadata"]
        namespace, name = meta.get("namespace", ""), meta["name"]
        seen, version = ChildID(self._kind.name, namespace, name), int(meta["resourceVersion"])
        self._children.saw(self._kind, version)
        if not self._children.has_seen(seen, version):
            self._children.put(child(self._kind, live))
        return namespace, name

    def remove(self, live: JSON) -> None:
        """Take in a child that was deleted."""
        meta = live["metadata"]
        gone, version = (
            ChildID(self._kind.name, meta.get("namespace", ""), meta["name"]),
            int(meta["resourceVersion"]),
        )
        self._children.saw(self._kind, version)
        self._children.remove(gone, version)

    def keep_only(self, seen: set[Identity], version: int) -> None:
        """Forget the children that were deleted while nobody was watching."""
        self._children.saw(self._kind, version)
        for child_id in self._children.known(self._kind, self._namespace):
            if (child_id.namespace, child_id.name) not in seen:
                self._children.remove(child_id, version)

    def set_refusal(self, refusal: APIError | None) -> None:
        """Note that the kind cannot be watched, or that it can be again."""
        self._children.set_watchable(self._kind, self._namespace, refusal)


class ObjectStore:
    """The HasteCRM objects of one namespace ("" for all)."""

    def __init__(self, intake: Intake, namespace: str = "") -> None:
        self._intake = intake
        self._namespace = namespace
        self._listed = False

    def put(self, live: JSON) -> Identity:
        """Take in an object that exists."""
        self._intake.seen(live, listed=not self._listed)
        return live["metadata"]["namespace"], live["metadata"]["name"]

    def remove(self, live: JSON) -> None:
        """Take in an object that was deleted."""
        self._intake.gone(live)

    def keep_only(self, seen: set[Identity], version: int) -> None:
        """Forget the objects that were deleted while nobody was watching."""
        objects = self._intake.objects
        for key in objects.keys():  # noqa: SIM118 - not a dict
            here = not self._namespace or key.namespace == self._namespace
            if here and key not in seen and objects.version(key) <= version:
                self._intake.forget(Key(*key))
        self._listed = True

    def set_refusal(self, refusal: APIError | None) -> None:
        """Say so: without these objects there is nothing to do."""
        if refusal:
            log.error("the objects cannot be watched", error=str(refusal))


class ForeignStore:
    """What others own of one kind in one namespace ("" for all), of which only the metadata is seen."""

    def __init__(self, foreign: Foreign, kind: Kind, namespace: str = "") -> None:
        self._foreign = foreign
        self._kind = kind
        self._namespace = namespace

    def put(self, live: JSON) -> Identity:
        """Take in one that exists."""
        meta = live["metadata"]
        identity = (meta["namespace"], meta["name"])
        self._foreign.changed(self._kind, identity, int(meta["resourceVersion"]))
        return identity

    def remove(self, live: JSON) -> None:
        """Take in one that was deleted."""
        self._foreign.changed(self._kind, (live["metadata"]["namespace"], live["metadata"]["name"]), 0)

    def keep_only(self, seen: set[Identity], version: int) -> None:  # noqa: ARG002 - a store's signature
        """Take in that these are all."""
        self._foreign.listed(self._kind, self._namespace, seen)

    def set_refusal(self, refusal: APIError | None) -> None:
        """Do without the watch: each look reads again."""
        if refusal:
            self._foreign.unwatched(self._kind, self._namespace)


class RequestStore:
    """The backup or restore objects of one namespace ("" for all)."""

    def __init__(self, requests: Requests, kind: Kind, namespace: str = "") -> None:
        self._requests = requests
        self._kind = kind
        self._namespace = namespace

    def put(self, live: JSON) -> Identity:
        """Take in an object that exists."""
        return self._requests.put(self._kind, live)

    def remove(self, live: JSON) -> None:
        """Take in an object that was deleted."""
        meta = live["metadata"]
        self._requests.remove(self._kind, (meta["namespace"], meta["name"]), int(meta["resourceVersion"]))

    def keep_only(self, seen: set[Identity], version: int) -> None:
        """Forget the objects that were deleted while nobody was watching."""
        for identity in self._requests.known(self._kind, self._namespace):
            if identity not in seen:
                self._requests.remove(self._kind, identity, version)

    def set_refusal(self, refusal: APIError | None) -> None:
        """Do without: nobody can ask for anything of this kind."""
        if refusal:
            log.error("the objects cannot be watched", kind=self._kind.name, error=str(refusal))
