"""Puts the feature of API keys together."""

from aiohttp import web

from hastecrm.core.api_keys import KeyHolders
from hastecrm.core.authentication import Authenticator
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.identity import Principal
from hastecrm.features.api_keys.repository import APIKeys, holder
from hastecrm.features.api_keys.routes import APIKeyRoutes
from hastecrm.features.api_keys.service import APIKeyService
from hastecrm.main.accounts import REMEMBERED_SECONDS


def key_holders(database: Database) -> KeyHolders:
    """Return what the door asks about keys."""

    async def look(digest: bytes) -> Principal | None:
        return await holder(database, digest, utc_now())

    return KeyHolders(look, REMEMBERED_SECONDS)


def add_api_keys(app: web.Application, database: Database, known: Authenticator) -> None:
    """Serve the keys."""
    APIKeyRoutes(APIKeyService(APIKeys(database), known, utc_now)).add_to(app)
