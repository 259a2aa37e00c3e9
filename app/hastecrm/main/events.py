"""Puts live events together."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.policy import Resource
from hastecrm.features.events.feed import Feed
from hastecrm.features.events.repository import EventLog
from hastecrm.features.events.routes import EventRoutes
from hastecrm.features.events.service import EVENTS, EventService
from hastecrm.main.kinds import KINDS
from hastecrm.main.serving import Role

Work = Callable[[], Coroutine[Any, Any, None]]


def add_events(app: web.Application, role: Role, database: Database) -> Sequence[Work]:
    """Serve events; return the background work that brings them."""
    tables = {kind.resource: kind.plural if kind.owned else None for kind in KINDS}
    log = EventLog(database, {**tables, Resource.PIPELINE: None})
    feed = Feed(log, lambda: role.health.draining)
    app[EVENTS] = service = EventService(log, feed)
    EventRoutes(service).add_to(app)
    role.metrics.watch("hastecrm_event_streams", "Clients that watch what changes.", lambda: feed.watchers)
    return (feed.run,)
