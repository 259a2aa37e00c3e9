"""How the public reaches the web tier."""

from hastecrm_operator.engine.scope import Scope


async def apply_access(scope: Scope) -> None:
    """Make the Ingress or HTTPRoute that the object asks for."""
