"""How to use what webhooks and automations have beside what all records have; see `cases`."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.world import SHARED, Actor, Relation

_SINCE = "2026-01-01T00:00:00Z"


def _rest(method: str, path: str, body: Any = None) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        webhook = actor.record("webhook", relation)  # its delivery has the same id
        return Ask(method, f"{API}/webhooks/{webhook}{path.format(webhook)}", body)

    return Case(ask, SHARED)


def _runs() -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return Ask("GET", f"{API}/automations/{actor.record('automation', relation)}/runs")

    return Case(ask, SHARED)


def _graph(text: str, what: str = "webhook") -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        variables = {"id": str(actor.record(what, relation))}
        return Ask("POST", "/graphql", {"query": text, "variables": variables})

    return Case(ask, SHARED)


WEBHOOKS: Mapping[str, Sequence[Case]] = {
    "listWebhookDeliveries": [_rest("GET", "/deliveries")],
    "rollWebhookSecret": [_rest("POST", "/secret")],
    "pingWebhook": [_rest("POST", "/ping")],
    "redeliverWebhookDelivery": [_rest("POST", "/deliveries/{}/redeliver")],
    "listAutomationRuns": [_runs()],
    "redeliverFailed": [_rest("POST", "/redeliver", {"since": _SINCE})],
}
GRAPH_OF_WEBHOOKS: Mapping[str, Sequence[Case]] = {
    "automation_runs": [_graph("query($id: UUID!) {automationRuns(id: $id) {next}}", "automation")],
    "webhook_deliveries": [_graph("query($id: UUID!) {webhookDeliveries(id: $id) {next}}")],
    "roll_webhook_secret": [_graph("mutation($id: UUID!) {rollWebhookSecret(id: $id)}")],
    "ping_webhook": [_graph("mutation($id: UUID!) {pingWebhook(id: $id) {id}}")],
    "redeliver_webhook_delivery": [
        _graph("mutation($id: UUID!) {redeliverWebhookDelivery(id: $id, delivery: $id) {id}}")
    ],
    "redeliver_failed": [_graph(f'mutation($id: UUID!) {{redeliverFailed(id: $id, since: "{_SINCE}")}}')],
}
