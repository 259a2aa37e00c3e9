"""How to use each operation, for the access matrix; what must come of it stands nowhere but in the policy.

An operation that needs a right has a case here, or `tests/unit/app/test_access_cases.py` fails. Others are
tried without signing in; they have a case where they reach for something that may be another's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
)

API = "/api/v1"
ONLY = (Relation.SHARED,)
KEYED = (Relation.OWN, Relation.ELSEWHERE)  # whose else they are counts by role: test_api_keys.py


@dataclass(frozen=True)
class Ask:
    """One request: over REST, or as a GraphQL document with its variables."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Case:
    """Requests of an operation, one for each relation, and what is said of what one does not see."""

    ask: Callable[[Actor, Relation], Ask]
    relations: Sequence[Relation] = ONLY
    unseen: tuple[int, str] = (404, "BIZ_NOT_FOUND")
    # Takes the contacts out of an answer that lists or counts them, to compare them with what is seen.
    shown: Callable[[Any], object] | None = None


def _at(method: str, path: str, body: Any = None) -> Callable[[Actor, Relation], Ask]:
    return lambda _actor, _relation: Ask(method, f"{API}{path}", body)


def _contact(method: str, body: Any = None) -> Callable[[Actor, Relation], Ask]:
    return lambda actor, relation: Ask(method, f"{API}/contacts/{actor.contact(relation)}", body)


def _shared(method: str, path: str, here: object, there: object, body: Any = None) -> Case:
    def ask(_actor: Actor, relation: Relation) -> Ask:
        target = here if relation is Relation.SHARED else there
        return Ask(method, f"{API}{path.format(target)}", body)

    return Case(ask, SHARED)


def _created(actor: Actor, relation: Relation) -> Ask:
    owner = FOREIGNER if relation is Relation.ELSEWHERE else actor.owner(relation)
    return Ask("POST", f"{API}/contacts", {"first_name": "New", "owner_id": owner and str(owner)})


def _given(actor: Actor, relation: Relation) -> Ask:
    owner = FOREIGNER if relation is Relation.ELSEWHERE else actor.owner(relation)
    body = {"title": "Dr", "owner_id": owner and str(owner)}
    return Ask("PATCH", f"{API}/contacts/{actor.contact(Relation.OWN)}", body)


def _switched(_actor: Actor, relation: Relation) -> Ask:
    target = ABROAD if relation is Relation.SHARED else THIRD
    return Ask("POST", f"{API}/workspace/switch", {"workspace": str(target)})


def _accepted(actor: Actor, relation: Relation) -> Ask:
    token = actor.token if relation is Relation.SHARED else "home"
    return Ask("POST", f"{API}/invitations/accept", {"token": token})


def _keyed(actor: Actor, relation: Relation) -> Ask:
    key = known("key abroad" if relation is Relation.ELSEWHERE else f"key of {actor.name}")
    return Ask("DELETE", f"{API}/api-keys/{key}")


def _ids(body: Any) -> object:
    return sorted(each["id"] for each in body["items"])


_HERE, _THERE = known("invitation home"), known("invitation abroad")
_PIPELINES = (known("pipeline home"), known("pipeline abroad"))
_TRASHED = (known("trashed pipeline home"), known("trashed pipeline abroad"))
_NOT_A_VALUE = (422, "VALIDATION_FAILED")
REST: Mapping[str, Sequence[Case]] = {
    "createContact": [Case(_created, RECORD, _NOT_A_VALUE)],
    "listContacts": [Case(_at("GET", "/contacts?limit=100"), shown=_ids)],
    "countContacts": [Case(_at("GET", "/contacts/count"), shown=lambda body: body["count"])],
    "getContact": [Case(_contact("GET"), RECORD)],
    "changeContact": [Case(_contact("PATCH", {"title": "Dr"}), RECORD), Case(_given, RECORD, _NOT_A_VALUE)],
    "deleteContact": [Case(_contact("DELETE"), RECORD)],
    "createPipeline": [Case(_at("POST", "/pipelines", {"name": "New"}))],
    "listPipelines": [Case(_at("GET", "/pipelines"))],
    "getPipeline": [_shared("GET", "/pipelines/{}", *_PIPELINES)],
    "changePipeline": [_shared("PATCH", "/pipelines/{}", *_PIPELINES, {"name": "New"})],
    "deletePipeline": [_shared("DELETE", "/pipelines/{}", *_PIPELINES)],
    "restorePipeline": [_shared("POST", "/pipelines/{}/restore", *_TRASHED)],
    "search": [Case(_at("GET", "/search?q=ada&limit=50"), shown=_ids)],
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
}


def _document(text: str, **variables: object) -> Ask:
    return Ask("POST", "/graphql", {"query": text, "variables": variables})


def _graph_created(actor: Actor, relation: Relation) -> Ask:
    owner = FOREIGNER if relation is Relation.ELSEWHERE else actor.owner(relation)
    values = {"firstName": "New", "ownerId": owner and str(owner)}
    return _document("mutation($v: ContactInput!) {createContact(values: $v) {id}}", v=values)


def _graph_contact(text: str) -> Callable[[Actor, Relation], Ask]:
    return lambda actor, relation: _document(text, id=str(actor.contact(relation)))


_CHANGE = 'mutation($id: UUID!) {changeContact(id: $id, values: {title: "Dr"}) {id}}'
# By the name of the root field, as `rights_of` tells them.
GRAPHQL: Mapping[str, Sequence[Case]] = {
    "contact": [Case(_graph_contact("query($id: UUID!) {contact(id: $id) {id}}"), RECORD)],
    "contacts": [
        Case(
            lambda *_: _document("{contacts(limit: 100) {items {id}}}"),
            shown=lambda body: _ids(body["data"]["contacts"]),
        )
    ],
    "contact_count": [
        Case(
            lambda *_: _document("{contactCount {value}}"),
            shown=lambda body: body["data"]["contactCount"]["value"],
        )
    ],
    "search": [
        Case(
            lambda *_: _document('{search(q: "ada", limit: 50) {items {id}}}'),
            shown=lambda body: _ids(body["data"]["search"]),
        )
    ],
    "create_contact": [Case(_graph_created, RECORD, _NOT_A_VALUE)],
    "change_contact": [Case(_graph_contact(_CHANGE), RECORD)],
    "delete_contact": [Case(_graph_contact("mutation($id: UUID!) {deleteContact(id: $id)}"), RECORD)],
}
