"""What somebody may do by hand to a child, and how to see that it is undone. No I/O here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .client import Body

Path = tuple[str, ...]
DELETED = "deleted"
IMAGE = "image changed"
LABEL = "label removed"
SELECTING_LABEL = "label by which we find it removed"
ANNOTATION = "annotation removed"
FIELD = "field removed"
DAMAGES = (DELETED, IMAGE, LABEL, SELECTING_LABEL, ANNOTATION, FIELD)
_LABELS = {LABEL: "app.kubernetes.io/part-of", SELECTING_LABEL: "app.kubernetes.io/managed-by"}
_TEMPLATES: tuple[Path, ...] = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
_NOT_FIELDS = {"apiVersion", "kind", "metadata", "status"}


@dataclass(frozen=True)
class Damage:
    """One change by JSON patch of the value at a path; `change` None removes it."""

    path: Path
    change: str | None = None

    def patch(self) -> list[Body]:
        """Return the JSON patch."""
        pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in self.path)
        if self.change is None:
            return [{"op": "remove", "path": pointer}]
        return [{"op": "replace", "path": pointer, "value": self.change}]


def candidates(what: str, written: Body) -> Iterator[Damage]:
    """Yield changes of one sort to fields that the operator has written; the API server may refuse some."""
    if what in _LABELS:
        yield Damage(("metadata", "labels", _LABELS[what]))
    elif what == IMAGE:
        yield from _images(written)
    elif what == ANNOTATION:
        yield from _annotations(written)
    elif what == FIELD:
        for key in written.keys() - _NOT_FIELDS:
            yield from (Damage(path) for path in _leaves(written[key], (key,)))


def _images(written: Body) -> Iterator[Damage]:
    for template in _TEMPLATES:
        if value(written, template):
            yield Damage((*template, "spec", "containers", "0", "image"), "localhost/by-hand:1")


def _annotations(written: Body) -> Iterator[Damage]:
    for holder in ((), *_TEMPLATES):
        where = (*holder, "metadata", "annotations")
        yield from (Damage((*where, name)) for name in value(written, where) or {})


def value(body: Any, path: Path) -> Any:
    """Return the value at a path, None where there is none."""
    for key in path:
        if isinstance(body, list):
            body = body[int(key)] if int(key) < len(body) else None
        else:
            body = body.get(key) if isinstance(body, Mapping) else None
    return body


def _leaves(body: Any, path: Path) -> Iterator[Path]:
    if isinstance(body, Mapping) and body:
        for key in body:
            yield from _leaves(body[key], (*path, key))
    else:
        yield path
