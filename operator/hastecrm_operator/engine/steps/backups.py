"""Backups that people asked for, and those of the schedule."""

from hastecrm_operator.engine.scope import Scope


async def settle_backups(scope: Scope) -> None:
    """Take the next step of each backup."""
