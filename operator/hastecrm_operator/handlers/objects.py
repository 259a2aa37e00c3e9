"""Kopf's handlers; nothing is written to an object from here, not even an annotation."""

from typing import Any, Protocol

import kopf

from hastecrm_operator.api import names


class Observer(Protocol):
    """Takes in what a watch says about an object."""

    def observe(self, event: str | None, body: dict[str, Any]) -> None:
        """Remember the body and ask for a look at it."""


class Login(Protocol):
    """Knows how to reach the API server."""

    def __call__(self) -> kopf.ConnectionInfo:
        """Return fresh connection details; Kopf asks again after a 401."""


def registry(observer: Observer, login: Login) -> kopf.OperatorRegistry:
    """Return the handlers, wired to the controller."""
    handlers = kopf.OperatorRegistry()

    @kopf.on.event(names.GROUP, names.VERSION, names.PLURAL, registry=handlers)
    async def on_change(event: kopf.RawEvent, **_: Any) -> None:
        """Look again at an object, whatever happened to it."""
        observer.observe(event["type"], dict(event["object"]))

    @kopf.on.login(registry=handlers)
    async def on_login(**_: Any) -> kopf.ConnectionInfo:
        """Sign in with the credentials that the rest of the operator uses."""
        return login()

    return handlers
