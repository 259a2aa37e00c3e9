"""Restores that people asked for."""

from hastecrm_operator.engine.scope import Scope


async def settle_restores(scope: Scope) -> None:
    """Take the next step of each restore."""
