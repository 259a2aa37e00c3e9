"""Wires signing in through OpenID providers, where the installation names any."""

from typing import Any
from uuid import UUID

import aiohttp
from aiohttp import web

from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.remote import Remotes
from hastecrm.core.sealing import Sealer
from hastecrm.features.accounts.routes import origin_of
from hastecrm.features.accounts.schemas import ShownSignIn, sign_in_json
from hastecrm.features.accounts.service.sign_in import Factor, SignInService
from hastecrm.features.openid import contract
from hastecrm.features.openid.routes import OpenIDRoutes
from hastecrm.features.openid.schemas import ProviderEntry, Redeem
from hastecrm.features.openid.service import Client, OpenIDService
from hastecrm.main.openid_providers import openid_providers
from hastecrm.main.serving import Role

REDEEM = contract.redeem(ShownSignIn)


def add_openid(app: web.Application, role: Role, database: Database, sign_in: SignInService) -> None:
    """Register the addresses."""
    settings = role.settings
    clients = _clients(openid_providers(settings), role.remotes)
    service = OpenIDService(clients, database, Sealer.of(settings), utc_now, settings.public_url)

    async def let_in(request: web.Request, user: UUID, given: Redeem) -> dict[str, Any]:
        factor = Factor(given.code, given.recovery_code)
        return sign_in_json(await sign_in.vouched(user, factor, origin_of(request)))

    OpenIDRoutes(service, let_in, REDEEM).add_to(app)


def _clients(entries: list[ProviderEntry], remotes: Remotes) -> dict[str, Client]:
    if not entries:  # the libraries behind a provider take memory: only those who have one pay
        return {}
    from hastecrm.features.openid.client import ProviderClient  # noqa: PLC0415

    broken = (aiohttp.ClientError, OSError)
    return {
        entry.name: ProviderClient(entry.provider(), remotes.add(f"openid_{entry.name}", broken))
        for entry in entries
    }
