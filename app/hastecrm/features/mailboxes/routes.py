"""Mailboxes over REST beside what all records have: parse, call one use case."""

from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.features.mailboxes.contract import PASSWORD
from hastecrm.features.mailboxes.domain import MAIL_ACCOUNT
from hastecrm.features.mailboxes.schemas import PasswordBody
from hastecrm.features.mailboxes.service import MailboxService


@dataclass(frozen=True, slots=True)
class MailboxRoutes:
    """The address of passwords."""

    service: MailboxService

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        PASSWORD.add_to(app, self.set_password)

    async def set_password(self, request: web.Request) -> web.Response:
        """Store a password: 204."""
        account = parse_id(request.match_info["id"], MAIL_ACCOUNT.label)
        body = parse(PasswordBody, await read_json(request))
        await self.service.set_password(request[PRINCIPAL], account, body.password)
        return web.Response(status=204)
