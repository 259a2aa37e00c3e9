"""What a metric about an object is, and how it is written in the Prometheus text format."""

from collections.abc import Iterator
from typing import NamedTuple


class Definition(NamedTuple):
    """What a metric is called, measures, and is told apart by."""

    name: str
    kind: str
    text: str
    labels: tuple[str, ...]


def head(metric: Definition) -> Iterator[str]:
    """Yield the lines before the samples of a metric."""
    yield f"# HELP {metric.name} {metric.text}\n"
    yield f"# TYPE {metric.name} {metric.kind}\n"


def sample(metric: str, where: tuple[str, str], labels: str, value: bool) -> str:
    """Return the line that says whether something holds of the object in `where`."""
    # Kubernetes allows no character in names that would have to be escaped here.
    return f'{metric}{{namespace="{where[0]}",name="{where[1]}",{labels}}} {int(value)}\n'
