"""How to use what deals, boards and timelines have beside what all records have; see `cases`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.world import RECORD, SHARED, Actor, Relation, known

from hastecrm.features.deals.domain import DEAL


def _deal(method: str, path: str, body: Any = None) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        deal, contact = actor.record("deal", relation), actor.record("contact", relation)
        return Ask(method, f"{API}/deals/{deal}{path.format(contact=contact)}", body)

    return Case(ask, RECORD)


def _board(path: str) -> Callable[[Actor, Relation], Ask]:
    def ask(_actor: Actor, relation: Relation) -> Ask:
        name = "home" if relation is Relation.SHARED else "abroad"
        pipeline, stage = known(f"pipeline {name}"), known(f"First {name}")
        return Ask("GET", f"{API}/pipelines/{pipeline}/board{path.format(stage=stage)}")

    return ask


def _timeline(plural: str, what: str) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return Ask("GET", f"{API}/{plural}/{actor.record(what, relation)}/timeline")

    return Case(ask, RECORD)


def _cards(body: Any) -> object:
    columns = body.get("columns", [body])
    return sorted(card["id"] for column in columns for card in column["cards"])


DEALS: Mapping[str, Sequence[Case]] = {
    "moveDeal": [_deal("POST", "/move", {"stage_id": str(known("Second home"))})],
    "listDealTransitions": [_deal("GET", "/transitions")],
    "listDealContacts": [_deal("GET", "/contacts")],
    "putDealContact": [_deal("PUT", "/contacts/{contact}", {"is_primary": True})],
    "removeDealContact": [_deal("DELETE", "/contacts/{contact}")],
    "getBoard": [Case(_board(""), SHARED, shown=_cards, what=DEAL)],
    "getBoardColumn": [Case(_board("/{stage}"), SHARED, shown=_cards, what=DEAL)],
    "listContactTimeline": [_timeline("contacts", "contact")],
    "listCompanyTimeline": [_timeline("companies", "company")],
    "listDealTimeline": [_timeline("deals", "deal")],
}
