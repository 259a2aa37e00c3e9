"""How to use what mail has beside what all records have; see `cases`."""

from collections.abc import Mapping, Sequence

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.deal_cases import document
from tests.integration.access.world import RECORD, SHARED, Actor, Relation, known

_TEMPLATE = known(f"mail_template {Relation.SHARED}")
_PREVIEW = "query($id: UUID!, $of: UUID!) {mailPreview(template: $of, contact: $id) {subject}}"
_PASSWORD = 'mutation($id: UUID!) {setMailAccountPassword(account: $id, password: "s3cret")}'
_SEND = 'mutation($id: UUID!) {sendMail(contact: $id, mail: {subject: "Hi", body: "Hi"}) {id}}'


def _previewed(actor: Actor, relation: Relation) -> Ask:
    contact = actor.record("contact", relation)
    return Ask("GET", f"{API}/mail-templates/{_TEMPLATE}/preview?contact={contact}")


def _sent(actor: Actor, relation: Relation) -> Ask:
    contact = actor.record("contact", relation)
    return Ask("POST", f"{API}/contacts/{contact}/mail", {"subject": "Hi", "body": "Hi"})


def _password_set(actor: Actor, relation: Relation) -> Ask:
    account = actor.record("mail_account", relation)
    return Ask("PUT", f"{API}/mail-accounts/{account}/password", {"password": "s3cret"})


def _password_set_over_graphql(actor: Actor, relation: Relation) -> Ask:
    return document(_PASSWORD, id=str(actor.record("mail_account", relation)))


def _graph(text: str) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return document(text, id=str(actor.record("contact", relation)), of=str(_TEMPLATE))

    return Case(ask, RECORD)


MAIL: Mapping[str, Sequence[Case]] = {
    "previewMailTemplate": [Case(_previewed, RECORD)],
    "sendMailToContact": [Case(_sent, RECORD)],
    "setMailAccountPassword": [Case(_password_set, SHARED)],
}
GRAPH: Mapping[str, Sequence[Case]] = {
    "mail_preview": [_graph(_PREVIEW)],
    "send_mail": [_graph(_SEND)],
    "set_mail_account_password": [Case(_password_set_over_graphql, SHARED)],
}
