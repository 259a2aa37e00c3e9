"""Puts webhooks together: for the API what people do with them, for the worker what is sent."""

from collections.abc import Callable
from functools import cache
from typing import Any

from aiohttp import web
from prometheus_client import Counter, Histogram

from hastecrm.core.database import Database
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.jobs.model import Kind
from hastecrm.core.metrics import Metrics
from hastecrm.core.outbound import Outbound
from hastecrm.core.settings import Settings
from hastecrm.features.webhooks.delivering import Deliver, Tell, Ways, delivery_kind
from hastecrm.features.webhooks.messages import Events
from hastecrm.features.webhooks.routes import WebhookRoutes
from hastecrm.features.webhooks.service import WebhookService
from hastecrm.main.kinds import KINDS


def webhook_service(settings: Settings, database: Database) -> WebhookService:
    """Return the use cases."""
    return WebhookService(database, _sealer(settings))


def add_webhooks(app: web.Application, service: WebhookService, database: Database) -> None:
    """Serve them over REST."""
    WebhookRoutes(service, Idempotency(database)).add_to(app)


def webhook_deliveries(settings: Settings, database: Database, metrics: Metrics) -> Kind[Any]:
    """Return the kind of job that delivers."""
    ways = Ways(
        Outbound(settings.outbound_allowed_networks),
        _opener(settings),
        _observer(metrics),
        seconds=settings.outbound_timeout,
        tell=_letters(settings),
    )
    events = Events(database, {kind.name: kind for kind in KINDS})
    return delivery_kind(Deliver(database, events, ways))


def _sealer(settings: Settings) -> Callable[[], Any]:
    @cache
    def sealer() -> Any:
        # Ciphers take memory that a worker needs only once there are webhooks.
        from hastecrm.core.sealing import Sealer  # noqa: PLC0415

        return Sealer.of(settings)

    return sealer


def _opener(settings: Settings) -> Callable[[bytes, str], bytes | None]:
    sealer = _sealer(settings)

    def opened(sealed: bytes, place: str) -> bytes | None:
        from hastecrm.core.sealing import SealError  # noqa: PLC0415 - as above

        if settings.secret_key is None:
            return None
        try:
            return bytes(sealer().open(sealed, place))
        except SealError:
            return None

    return opened


def _observer(metrics: Metrics) -> Callable[[str, float], None]:
    count = Counter(
        "hastecrm_webhook_attempts",
        "Attempts to deliver: delivered, retried, failed for good, or dropped as the webhook is off.",
        ["outcome"],
        registry=metrics.registry,
    )
    for outcome in ("delivered", "retried", "failed", "dropped"):
        count.labels(outcome)
    took = Histogram(
        "hastecrm_webhook_attempt_seconds", "Time that receivers take to answer.", registry=metrics.registry
    )

    def observe(outcome: str, seconds: float) -> None:
        count.labels(outcome).inc()
        if seconds:
            took.observe(seconds)

    return observe


def _letters(settings: Settings) -> Tell | None:
    if settings.mail_host is None:
        return None
    from hastecrm.main.letters import webhook_post  # noqa: PLC0415 - only workers that send mail pay for it

    return webhook_post(settings)
