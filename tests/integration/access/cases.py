"""How to use each operation, for the access matrix; what must come of it stands nowhere but in the policy.

An operation that needs a right has a case here, or `tests/unit/app/test_access_cases.py` fails. Others are
tried without signing in; they have a case where they reach for something that may be another's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.integration.access.ai_cases import AI
from tests.integration.access.ai_cases import GRAPH as AI_GRAPH
from tests.integration.access.asking import API, ONLY, Ask, Case
from tests.integration.access.deal_cases import DEALS, GRAPH
from tests.integration.access.duplicate_cases import DUPLICATES, DUPLICATES_GRAPH
from tests.integration.access.import_cases import GRAPH as IMPORT_GRAPH
from tests.integration.access.import_cases import IMPORTS
from tests.integration.access.mail_cases import GRAPH as MAIL_GRAPH
from tests.integration.access.mail_cases import MAIL
from tests.integration.access.privacy_cases import GRAPH_PRIVACY, PRIVACY
from tests.integration.access.webhook_cases import GRAPH_OF_WEBHOOKS, WEBHOOKS
from tests.integration.access.world import (
    ABROAD,
    EMPTY,
    FOREIGN,
    FOREIGNER,
    RECORD,
    SHARED,
    STRANGER,
    THIRD,
    Actor,
    Relation,
    known,
    required,
)

from hastecrm.core.operations import Operation
from hastecrm.core.records.contract import contract_of
from hastecrm.core.records.kind import Kind, Type
from hastecrm.features.exports.contract import operation_of_kind
from hastecrm.main.kinds import KINDS

KEYED = (Relation.OWN, Relation.ELSEWHERE)  # whose else they are counts by role: test_api_keys.py


def to_camel(name: str) -> str:
    """A name as GraphQL writes it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _at(method: str, path: str, body: Any = None) -> Callable[[Actor, Relation], Ask]:
    return lambda _actor, _relation: Ask(method, f"{API}{path}", body)


def _shared(method: str, path: str, here: object, there: object, body: Any = None) -> Case:
    def ask(_actor: Actor, relation: Relation) -> Ask:
        target = here if relation is Relation.SHARED else there
        return Ask(method, f"{API}{path.format(target)}", body)

    return Case(ask, SHARED)


def _switched(_actor: Actor, relation: Relation) -> Ask:
    target = ABROAD if relation is Relation.SHARED else THIRD
    return Ask("POST", f"{API}/workspace/switch", {"workspace": str(target)})


def _accepted(actor: Actor, relation: Relation) -> Ask:
    token = actor.token if relation is Relation.SHARED else "home"
    return Ask("POST", f"{API}/invitations/accept", {"token": token})


def _keyed(actor: Actor, relation: Relation) -> Ask:
    key = known("key abroad" if relation is Relation.ELSEWHERE else f"key of {actor.name}")
    return Ask("DELETE", f"{API}/api-keys/{key}")


def _content(method: str, body: Any = None) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return Ask(method, f"{API}/attachments/{actor.record('attachment', relation)}/content", body)

    return Case(ask, RECORD)


def ids(body: Any) -> object:
    """The records that a list shows, or a file of all of them."""
    return sorted(each["id"] for each in (body["items"] if isinstance(body, dict) else body))


def changeable(kind: Kind) -> str:
    """A field that takes any other text."""
    return next(
        field.name
        for field in kind.fields
        if field.required and field.type in (Type.TEXT, Type.LONG_TEXT) and field.check is None
    )


def given(kind: Kind, operation: Operation, body: Mapping[str, object]) -> Sequence[Case]:
    """Giving a record to everyone, where records are somebody's."""
    if not kind.owned:
        return ()

    def ask(actor: Actor, relation: Relation) -> Ask:
        owner = FOREIGNER if relation is Relation.ELSEWHERE else actor.owner(relation)
        path = operation.path.replace("{id}", str(actor.record(kind.name, Relation.OWN)))
        return Ask(operation.method, path, {**body, "owner_id": owner and str(owner)})

    return [Case(ask, RECORD, NOT_A_VALUE)]


def record_cases(kind: Kind) -> Mapping[str, Sequence[Case]]:
    """The cases of a kind of records, made from it as its addresses are."""
    contract, relations = contract_of(kind), RECORD if kind.owned else SHARED
    new, field = required(kind), changeable(kind)

    def at(operation: Operation, what: str = kind.name, body: Any = None) -> Case:
        def ask(actor: Actor, relation: Relation) -> Ask:
            path = operation.path.replace("{id}", str(actor.record(what, relation)))
            return Ask(operation.method, path, body)

        return Case(ask, relations)

    def many(operation: Operation, **more: object) -> Case:
        def ask(actor: Actor, relation: Relation) -> Ask:
            return Ask("POST", operation.path, {"ids": [str(actor.record(kind.name, relation))], **more})

        return Case(ask, relations)

    changed, exported = {field: f"{new[field]}!"}, operation_of_kind(kind)
    every = f"{contract.list.path}?limit=200"
    cases = {
        contract.create.name: given(kind, contract.create, new)
        or [Case(lambda *_: Ask("POST", contract.create.path, new))],
        contract.list.name: [Case(lambda *_: Ask("GET", every), shown=ids, what=kind)],
        contract.count.name: [
            Case(lambda *_: Ask("GET", contract.count.path), shown=lambda body: body["count"], what=kind)
        ],
        exported.name: [Case(lambda *_: Ask("GET", f"{exported.path}?format=json"), shown=ids, what=kind)],
        contract.get.name: [at(contract.get)],
        contract.change.name: [at(contract.change, body=changed), *given(kind, contract.change, changed)],
        contract.delete.name: [at(contract.delete)],
        contract.history.name: [at(contract.history)],
        contract.change_many.name: [many(contract.change_many, change=changed)],
        contract.delete_many.name: [many(contract.delete_many)],
    }
    if contract.restore is not None:
        cases[contract.restore.name] = [at(contract.restore, f"trashed {kind.name}")]
    return cases


_HERE, _THERE = known("invitation home"), known("invitation abroad")
_PIPELINES = (known("pipeline home"), known("pipeline abroad"))
_TRASHED = (known("trashed pipeline home"), known("trashed pipeline abroad"))
NOT_A_VALUE = (422, "VALIDATION_FAILED")
REST: Mapping[str, Sequence[Case]] = {
    **AI,
    **DEALS,
    **PRIVACY,
    **DUPLICATES,
    **MAIL,
    **WEBHOOKS,
    **IMPORTS,
    "createPipeline": [Case(_at("POST", "/pipelines", {"name": "New"}))],
    "listPipelines": [Case(_at("GET", "/pipelines"))],
    "getPipeline": [_shared("GET", "/pipelines/{}", *_PIPELINES)],
    "changePipeline": [_shared("PATCH", "/pipelines/{}", *_PIPELINES, {"name": "New"})],
    "deletePipeline": [_shared("DELETE", "/pipelines/{}", *_PIPELINES)],
    "restorePipeline": [_shared("POST", "/pipelines/{}/restore", *_TRASHED)],
    "getAttachmentContent": [_content("GET")],
    "putAttachmentContent": [_content("PUT", "new")],
    "importContacts": [Case(_at("POST", "/contacts/import", {"csv": "first_name\nNew"}))],
    "importCompanies": [Case(_at("POST", "/companies/import", {"csv": "name\nNew"}))],
    "search": [Case(_at("GET", "/search?q=ada&limit=50"), shown=ids)],
    "listMyWorkspaces": [Case(_at("GET", "/workspaces"))],
    "createWorkspace": [Case(_at("POST", "/workspaces", {"name": "New"}))],
    "switchWorkspace": [Case(_switched, SHARED, (404, "BIZ_WORKSPACE_NOT_FOUND"))],
    "getWorkspace": [Case(_at("GET", "/workspace"))],
    "changeWorkspace": [Case(_at("PATCH", "/workspace", {"name": "New"}))],
    "deleteWorkspace": [Case(_at("DELETE", "/workspace?name=Home"))],
    "listMembers": [Case(_at("GET", "/workspace/members"))],
    "leaveWorkspace": [Case(_at("DELETE", "/workspace/members/me"))],
    "changeMember": [_shared("PATCH", "/workspace/members/{}", STRANGER, FOREIGNER, {"role": "viewer"})],
    "removeMember": [_shared("DELETE", "/workspace/members/{}", STRANGER, FOREIGNER)],
    "listTeams": [Case(_at("GET", "/workspace/teams"))],
    "createTeam": [Case(_at("POST", "/workspace/teams", {"name": "New"}))],
    "changeTeam": [_shared("PATCH", "/workspace/teams/{}", EMPTY, FOREIGN, {"name": "New"})],
    "deleteTeam": [_shared("DELETE", "/workspace/teams/{}", EMPTY, FOREIGN)],
    "listInvitations": [Case(_at("GET", "/workspace/invitations"))],
    "createInvitation": [Case(_at("POST", "/workspace/invitations", {"email": "new@example.com"}))],
    "sendInvitationAgain": [_shared("POST", "/workspace/invitations/{}/send", _HERE, _THERE)],
    "revokeInvitation": [_shared("DELETE", "/workspace/invitations/{}", _HERE, _THERE)],
    "lookAtInvitation": [Case(_at("POST", "/invitations/look", {"token": "home"}))],
    "acceptInvitation": [Case(_accepted, SHARED, (403, "AUTH_FORBIDDEN"))],
    "listAPIKeys": [Case(_at("GET", "/api-keys"))],
    "createAPIKey": [Case(_at("POST", "/api-keys", {"name": "New", "scopes": ["read"]}))],
    "deleteAPIKey": [Case(_keyed, KEYED)],
    "listAuditEntries": [Case(_at("GET", "/audit"))],
    **{name: cases for kind in KINDS for name, cases in record_cases(kind).items()},
}


def _document(text: str, **variables: object) -> Ask:
    return Ask("POST", "/graphql", {"query": text, "variables": variables})


def graph_cases(kind: Kind) -> Mapping[str, Sequence[Case]]:
    """The cases of the root fields of a kind of records, made from it as they are."""
    relations, name, type_name = RECORD if kind.owned else SHARED, to_camel(kind.name), kind.type_name
    field = changeable(kind)
    input_type = f"{type_name}Input"

    def at(text: str, what: str = kind.name) -> Case:
        def ask(actor: Actor, relation: Relation) -> Ask:
            return _document(text, id=str(actor.record(what, relation)))

        return Case(ask, relations)

    def created(actor: Actor, relation: Relation) -> Ask:
        owner = FOREIGNER if relation is Relation.ELSEWHERE else actor.owner(relation)
        values = {to_camel(key): value for key, value in required(kind).items()}
        if kind.owned:
            values["ownerId"] = owner and str(owner)
        return _document(f"mutation($v: {input_type}!) {{create{type_name}(values: $v) {{id}}}}", v=values)

    change = f'change{type_name}(id: $id, values: {{{to_camel(field)}: "{required(kind)[field]}!"}}) {{id}}'
    value = f'{{{to_camel(field)}: "{required(kind)[field]}!"}}'
    change_many = f"change{kind.types_name}(ids: [$id], values: {value})"
    many, count = to_camel(kind.plural), f"{name}Count"
    cases = {
        kind.name: [at(f"query($id: UUID!) {{{name}(id: $id) {{id}}}}")],
        f"{kind.name}_history": [at(f"query($id: UUID!) {{{name}History(id: $id) {{next}}}}")],
        kind.plural: [
            Case(
                lambda *_: _document(f"{{{many}(limit: 200) {{items {{id}}}}}}"),
                shown=lambda body: ids(body["data"][many]),
                what=kind,
            )
        ],
        f"{kind.name}_count": [
            Case(
                lambda *_: _document(f"{{{count} {{value}}}}"),
                shown=lambda body: body["data"][count]["value"],
                what=kind,
            )
        ],
        f"create_{kind.name}": [Case(created, RECORD if kind.owned else ONLY, NOT_A_VALUE)],
        f"change_{kind.name}": [at(f"mutation($id: UUID!) {{{change}}}")],
        f"change_{kind.plural}": [at(f"mutation($id: UUID!) {{{change_many}}}")],
        f"delete_{kind.plural}": [at(f"mutation($id: UUID!) {{delete{kind.types_name}(ids: [$id])}}")],
        f"delete_{kind.name}": [at(f"mutation($id: UUID!) {{delete{type_name}(id: $id)}}")],
    }
    if kind.trashed:
        back = f"mutation($id: UUID!) {{restore{type_name}(id: $id) {{id}}}}"
        cases[f"restore_{kind.name}"] = [at(back, f"trashed {kind.name}")]
    return cases


# By the name of the root field, as `rights_of` tells them.
GRAPHQL: Mapping[str, Sequence[Case]] = {
    **GRAPH,
    **GRAPH_PRIVACY,
    **AI_GRAPH,
    **DUPLICATES_GRAPH,
    **MAIL_GRAPH,
    **GRAPH_OF_WEBHOOKS,
    **IMPORT_GRAPH,
    "import_contacts": [
        Case(lambda *_: _document('mutation {importContacts(file: {csv: "first_name\\nNew"}) {created}}'))
    ],
    "import_companies": [
        Case(lambda *_: _document('mutation {importCompanies(file: {csv: "name\\nNew"}) {created}}'))
    ],
    "search": [
        Case(
            lambda *_: _document('{search(q: "ada", limit: 50) {items {id}}}'),
            shown=lambda body: ids(body["data"]["search"]),
        )
    ],
    **{name: cases for kind in KINDS for name, cases in graph_cases(kind).items()},
}
