"""How to use what deals, boards and timelines have beside what all records have; see `cases`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.world import RECORD, SHARED, Actor, Relation, known

from hastecrm.core.records.kind import Kind
from hastecrm.features.contacts.domain import CONTACT
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


def _report(name: str) -> Callable[[Actor, Relation], Ask]:
    return lambda *_: Ask("GET", f"{API}/reports/{name}")


def _timeline(plural: str, what: str) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return Ask("GET", f"{API}/{plural}/{actor.record(what, relation)}/timeline")

    return Case(ask, RECORD)


def _summed(name: str) -> Callable[[Any], object]:
    """How many records a report counts over all its rows."""
    return lambda body: sum(row[name] for row in body["items"])


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
    "getPipelineReport": [Case(_report("pipeline"), shown=_summed("deals"), what=DEAL)],
    "getForecastReport": [Case(_report("forecast"))],
    "getNewContactsReport": [Case(_report("new-contacts"), shown=_summed("contacts"), what=CONTACT)],
}


def document(text: str, **variables: object) -> Ask:
    """A GraphQL request."""
    return Ask("POST", "/graphql", {"query": text, "variables": variables})


def _graph(text: str, what: str) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        contact = actor.record("contact", relation)
        target = {"stage": str(known("Second home")), "contact": str(contact)}
        return document(text, id=str(actor.record(what, relation)), **target)

    return Case(ask, RECORD)


def _here(text: str, what: str = "pipeline", shown: Callable[[Any], object] | None = None) -> Case:
    def ask(_actor: Actor, relation: Relation) -> Ask:
        name = "home" if relation is Relation.SHARED else "abroad"
        return document(text, id=str(known(f"{what} {name}")), stage=str(known(f"First {name}")))

    return Case(ask, SHARED, shown=shown, what=DEAL)


def _graph_cards(body: Any) -> object:
    [found] = body["data"].values()
    columns = found if isinstance(found, list) else [found]
    return sorted(card["id"] for column in columns for card in column["cards"])


def _graph_report(name: str, counted: str, what: Kind | None = None) -> Case:
    shown = what and (lambda body: sum(row[counted] for row in body["data"][name]))
    return Case(lambda *_: document(f"{{{name} {{{counted}}}}}"), shown=shown, what=what or DEAL)


_MOVE = "mutation($id: UUID!, $stage: UUID!) {moveDeal(id: $id, to: {stageId: $stage}) {id}}"
_PERSON = "mutation($id: UUID!, $contact: UUID!) {{{}(id: $id, contact: $contact) {{id}}}}"
_COLUMN = "query($id: UUID!, $stage: UUID!) {boardColumn(pipeline: $id, stage: $stage) {cards {id}}}"
_CHANGE = 'mutation($id: UUID!) {changePipeline(id: $id, values: {name: "New"}) {id}}'
_CREATE = 'mutation {createPipeline(values: {name: "New"}) {id}}'
GRAPH: Mapping[str, Sequence[Case]] = {
    "pipelines": [Case(lambda *_: document("{pipelines {id}}"))],
    "pipeline": [_here("query($id: UUID!) {pipeline(id: $id) {id stages {id}}}")],
    "create_pipeline": [Case(lambda *_: document(_CREATE))],
    "change_pipeline": [_here(_CHANGE)],
    "delete_pipeline": [_here("mutation($id: UUID!) {deletePipeline(id: $id)}")],
    "restore_pipeline": [_here("mutation($id: UUID!) {restorePipeline(id: $id) {id}}", "trashed pipeline")],
    "board": [_here("query($id: UUID!) {board(pipeline: $id) {cards {id}}}", shown=_graph_cards)],
    "board_column": [_here(_COLUMN, shown=_graph_cards)],
    "move_deal": [_graph(_MOVE, "deal")],
    "put_deal_contact": [_graph(_PERSON.format("putDealContact"), "deal")],
    "remove_deal_contact": [_graph(_PERSON.format("removeDealContact"), "deal")],
    "pipeline_report": [_graph_report("pipelineReport", "deals", DEAL)],
    "forecast_report": [_graph_report("forecastReport", "deals")],
    "new_contacts_report": [_graph_report("newContactsReport", "contacts", CONTACT)],
    **{
        f"{what}_timeline": [_graph(f"query($id: UUID!) {{{what}Timeline(id: $id) {{next}}}}", what)]
        for what in ("contact", "company", "deal")
    },
}
