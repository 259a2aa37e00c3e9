"""Credentials that are replaced in steps, so that nobody is locked out."""

from hastecrm_operator.engine.scope import Scope


async def rotate_credentials(scope: Scope) -> None:
    """Take the next step of a rotation, if one is due or under way."""
