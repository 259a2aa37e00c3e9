"""Contents of attachments over REST: parse, stream."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse_id
from hastecrm.core.files.receiving import received
from hastecrm.core.files.sending import Download
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.records.rendering import record_json
from hastecrm.features.attachments.contract import GET, PUT
from hastecrm.features.attachments.domain import ATTACHMENT
from hastecrm.features.attachments.service import Contents, Target


@dataclass(frozen=True, slots=True)
class ContentRoutes:
    """The address of an attachment's content."""

    contents: Contents

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        PUT.add_to(app, self.put)
        GET.add_to(app, self.get)

    async def put(self, request: web.Request) -> web.StreamResponse:
        """Store what is sent: 200 with the attachment's state."""
        target = Target(_id(request), request.headers.get("If-Match"))
        file = await received(request, self.contents.limit)
        return record_json(ATTACHMENT, await self.contents.put(request[PRINCIPAL], target, file.pieces))

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Send the file, or a part of it."""
        who = request[PRINCIPAL]
        record, file = await self.contents.get(who, _id(request))
        return await Download(self.contents.files, who.scope, file, record["name"]).answer(request)


def _id(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], ATTACHMENT.label)
