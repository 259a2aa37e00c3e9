"""How to use what people have by law; see `cases`."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.world import RECORD, Actor, Relation, required

from hastecrm.features.contacts.domain import CONTACT

_NAME = required(CONTACT)["first_name"]
_ERASE = "mutation($id: UUID!, $name: String!) {eraseContact(id: $id, confirm: $name) {id}}"


def _rest(method: str, path: str, body: Any = None) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return Ask(method, f"{API}/contacts/{actor.record('contact', relation)}{path}", body)

    return Case(ask, RECORD)


def _graph(text: str, **variables: object) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        values = {"id": str(actor.record("contact", relation)), **variables}
        return Ask("POST", "/graphql", {"query": text, "variables": values})

    return Case(ask, RECORD)


PRIVACY: Mapping[str, Sequence[Case]] = {
    "getPersonalData": [_rest("GET", "/personal-data")],
    "eraseContact": [_rest("POST", "/erase", {"confirm": _NAME})],
    "listErasures": [Case(lambda *_: Ask("GET", f"{API}/erasures"))],
    "checkErased": [Case(lambda *_: Ask("POST", f"{API}/erasures/check", {"emails": ["a@example.com"]}))],
}
GRAPH_PRIVACY: Mapping[str, Sequence[Case]] = {
    "personal_data": [_graph("query($id: UUID!) {personalData(id: $id)}")],
    "erase_contact": [_graph(_ERASE, name=_NAME)],
    "erasures": [Case(lambda *_: Ask("POST", "/graphql", {"query": "{erasures {next}}"}))],
    "erased": [Case(lambda *_: Ask("POST", "/graphql", {"query": '{erased(emails: ["a@example.com"])}'}))],
}
