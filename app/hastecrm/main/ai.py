"""Puts the language model together."""

from uuid import UUID

from aiohttp import web

from hastecrm.core.database import Database
from hastecrm.core.identity import Principal
from hastecrm.core.outbound import Outbound, UnreachableError
from hastecrm.core.pagination import PageRequest
from hastecrm.core.remote import Remotes, Terms
from hastecrm.core.settings import Settings
from hastecrm.core.settings.values import revealed
from hastecrm.features.ai.client import ChatModel, Endpoint, Model
from hastecrm.features.ai.domain import MOST, Happening, Material, Subject
from hastecrm.features.ai.routes import AIRoutes
from hastecrm.features.ai.service import AIService
from hastecrm.features.timeline import domain as timeline
from hastecrm.features.timeline.service import TimelineService
from hastecrm.main.records import Services


def ai_of(
    services: Services, timelines: TimelineService, model: Model | None, database: Database
) -> AIService:
    """Return the use cases."""

    async def bring(who: Principal, subject: Subject, record: UUID) -> Material:
        found = await services[subject].get(who, record)
        page = await timelines.page(who, timeline.Subject(subject), record, PageRequest(MOST))
        told = [Happening(each.at, each.kind, each.title, each.text) for each in page.items]
        return Material(subject, found, told)

    return AIService(bring, model, database)


def model_of(settings: Settings, remotes: Remotes) -> Model | None:
    """Return the model that the settings name, if they do."""
    if settings.ai_url is None or settings.ai_model is None:
        return None
    key, seconds = revealed(settings.ai_key), settings.ai_timeout
    endpoint = Endpoint(settings.ai_url, settings.ai_model, key, seconds)
    remote = remotes.add("ai", (UnreachableError,), Terms(timeout=seconds + 1))
    return ChatModel(endpoint, Outbound(settings.outbound_allowed_networks), remote)


def add_ai(app: web.Application, service: AIService) -> None:
    """Serve them over REST."""
    AIRoutes(service).add_to(app)
