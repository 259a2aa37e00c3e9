"""One interface over the places where a development cluster can live, and the choice between them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from .cluster import BuiltCluster, Wish
from .errors import DevclusterError
from .existing import ExistingCluster
from .kind import KindCluster, engine_problem
from .layout import Layout, state_root
from .progress import say
from .state import read_record

CHOICES = ("auto", "kind", "devcluster", "existing")


class Provider(Protocol):
    """A cluster by name; callers need no other code path per place."""

    def up(self, wish: Wish) -> None:
        """Bring the cluster up; when it is up already, change nothing."""
        ...

    def down(self, keep_data: bool) -> None:
        """Remove the cluster."""
        ...

    def status(self) -> dict[str, str]:
        """Return the state of each part."""
        ...

    def kubeconfig(self) -> Path:
        """Return the file with which kubectl reaches the cluster as its administrator."""
        ...

    def load_image(self, sources: Sequence[str]) -> list[str]:
        """Bring archives or images of the local podman or docker in; return those that were new."""
        ...

    def node_address(self) -> str:
        """Return the address at which this host reaches NodePorts."""
        ...


def announced(choice: str, name: str, environment: Mapping[str, str], *, with_node: bool) -> Provider:
    """Return the cluster's provider like `provider`, and say why it was chosen if there was a choice."""
    chosen, reason = choose(choice, name, environment, with_node=with_node)
    if reason:
        say(f"provider {chosen}: {reason}")
    return provider(chosen, name, environment)


def provider(choice: str, name: str, environment: Mapping[str, str]) -> Provider:
    """Return the cluster's provider: the chosen one, the one that made it, or the best for this machine."""
    chosen, _ = choose(choice, name, environment)
    if chosen == "kind":
        return KindCluster(name, environment)
    if chosen == "existing":
        return ExistingCluster(environment)
    return BuiltCluster(name, environment)


def choose(
    choice: str, name: str, environment: Mapping[str, str], *, with_node: bool = True
) -> tuple[str, str]:
    """Return the provider's name and why; no reason where there was nothing to choose."""
    if choice not in CHOICES:
        raise DevclusterError(f"provider '{choice}' is unknown: use one of {', '.join(CHOICES)}")
    record = read_record(Layout(name, state_root(environment) / name))
    if record is not None and choice in ("auto", record.provider):
        return record.provider, ""
    if choice != "auto":
        return choice, ""
    if not with_node:
        return "devcluster", "only it makes a control plane without a node"
    problem = engine_problem(environment)
    if problem:
        return "devcluster", f"built from source, as {problem}"
    return "kind", "kind and its node image can be had"
