"""How to use the language model; see `cases`."""

from collections.abc import Mapping, Sequence

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.deal_cases import document
from tests.integration.access.world import RECORD, Actor, Relation


def _posted(path: str, what: str, body: object = None) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return Ask("POST", f"{API}/{path.format(actor.record(what, relation))}", body)

    return Case(ask, RECORD)


def _graph(text: str, what: str) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return document(f"mutation($id: UUID!) {{{text} {{text}}}}", id=str(actor.record(what, relation)))

    return Case(ask, RECORD)


AI: Mapping[str, Sequence[Case]] = {
    "summarizeContact": [_posted("contacts/{}/summary", "contact")],
    "summarizeCompany": [_posted("companies/{}/summary", "company")],
    "summarizeDeal": [_posted("deals/{}/summary", "deal")],
    "draftReplyToContact": [_posted("contacts/{}/reply-draft", "contact", {"instructions": "Be short."})],
}
GRAPH: Mapping[str, Sequence[Case]] = {
    "summarize_contact": [_graph("summarizeContact(id: $id)", "contact")],
    "summarize_company": [_graph("summarizeCompany(id: $id)", "company")],
    "summarize_deal": [_graph("summarizeDeal(id: $id)", "deal")],
    "draft_reply": [_graph("draftReply(contact: $id)", "contact")],
}
