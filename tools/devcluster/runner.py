"""Where components are started: directly on the host, or inside the node's namespaces."""

from collections.abc import Mapping
from typing import Protocol

from . import processes
from .components import Component
from .layout import Layout
from .preflight import search_path
from .processes import Process

_PASSED_ON = ("HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "LANG")


class Runner(Protocol):
    """Starts components so that they outlive this command."""

    def start(self, component: Component) -> Process:
        """Start one component; its output goes to its log file."""
        ...


class HostRunner:
    """Starts components as ordinary processes of the user."""

    def __init__(self, layout: Layout, environment: Mapping[str, str]) -> None:
        self._layout = layout
        self._environment = environment

    def start(self, component: Component) -> Process:
        """Start one component; its output goes to its log file."""
        log = self._layout.log(component.name)
        return processes.spawn(component.argv, log, component_environment(self._environment))


def component_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the few variables that components may see: none of the user's secrets or proxies."""
    passed = {name: environment[name] for name in _PASSED_ON if name in environment}
    return {"PATH": search_path(environment), "HOME": "/", **passed}
