"""A small world for the access matrix: everyone who may ask, and everything that can be asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from tests.integration.access.contents import CONTENTS
from tests.integration.people import token

from hastecrm.core.api_keys import digest_of
from hastecrm.core.identity import Principal, Role, Visibility, visible_owners
from hastecrm.core.records.kind import Kind
from hastecrm.features.contacts.domain import CONTACT
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.imports.record import IMPORT
from hastecrm.features.workspaces.domain import token_digest
from hastecrm.main.kinds import KINDS


def known(name: str) -> UUID:
    """The same id for the same name in every run."""
    return uuid5(NAMESPACE_OID, name)


HOME, ABROAD, THIRD = known("home"), known("abroad"), known("third")
NORTH, EMPTY, FOREIGN = known("north"), known("empty"), known("foreign")
MATE, STRANGER, FOREIGNER = known("mate"), known("stranger"), known("foreigner")


class Relation(StrEnum):
    """Whose a record is, as the one who asks sees it."""

    OWN = "their own"
    TEAM = "their team's"
    OTHER = "someone else's"
    NOBODYS = "nobody's"
    SHARED = "the workspace's"
    ELSEWHERE = "another workspace's"


RECORD = (Relation.OWN, Relation.TEAM, Relation.OTHER, Relation.NOBODYS, Relation.ELSEWHERE)
SHARED = (Relation.SHARED, Relation.ELSEWHERE)


@dataclass(frozen=True)
class Actor:
    """Someone who asks: a member, a person who is none, or (without a name) somebody unknown."""

    name: str
    role: Role | None = None
    visibility: Visibility = Visibility.ALL

    @property
    def id(self) -> UUID:
        return known(f"user {self.name}")

    @property
    def session(self) -> UUID:
        return known(f"session {self.name}")

    @property
    def token(self) -> str:
        return f"token of {self.name}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(self.id, self.session)}"} if self.name else {}

    @property
    def principal(self) -> Principal:
        """Who that is to the policy; the members of a team are those of `NORTH`."""
        owners = visible_owners(self.visibility, self.id, TEAM)
        return Principal(HOME, self.role, self.id, self.session, owners if self.role else ())

    def sees(self, relation: Relation) -> bool:
        """Whether a record is theirs to see, by `visible_owners` and nothing else."""
        if relation in SHARED:
            return relation is Relation.SHARED
        owners = self.principal.owners
        return owners is None or self.owner(relation) in owners

    def owner(self, relation: Relation) -> UUID | None:
        owned = {Relation.TEAM: MATE, Relation.OTHER: STRANGER, Relation.NOBODYS: None}
        return owned.get(relation, self.id)

    def record(self, what: str, relation: Relation) -> UUID:
        """A record in this relation, such as a `contact`; who is no member owns none, and gets the team's."""
        if relation is Relation.SHARED:
            return known(f"{what} {relation}")
        if relation in (Relation.OWN, Relation.ELSEWHERE):
            if relation is Relation.OWN and self.role is None:
                return known(f"{what} of mate")
            return known(f"{what} of {self.name} {relation}")
        return known(
            f"{what} of {({MATE: 'mate', STRANGER: 'stranger'}).get(self.owner(relation), 'nobody')}"
        )


MEMBERS = tuple(
    Actor(f"{role}-{visibility}", role, visibility) for role, visibility in product(Role, Visibility)
)
OUTSIDER, ANONYMOUS = Actor("outsider"), Actor("")
ACTORS = (*MEMBERS, OUTSIDER, ANONYMOUS)
TEAM = (MATE, *(member.id for member in MEMBERS))


def seen_by(actor: Actor, what: str = "contact", *, owned: bool = True) -> list[str]:
    """The ids of all records that someone sees, also those of the other actors."""
    if not owned:
        return [str(known(f"{what} {Relation.SHARED}"))]
    here = [relation for relation in RECORD if relation is not Relation.ELSEWHERE]
    those = {each.record(what, relation): each.owner(relation) for each in MEMBERS for relation in here}
    owners = actor.principal.owners
    return sorted(str(record) for record, owner in those.items() if owners is None or owner in owners)


RECORDS = " UNION ALL ".join(
    f"SELECT '{kind.name}' || r::text AS line FROM {kind.plural} AS r" for kind in KINDS
)
SNAPSHOT = f"""
SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
    {RECORDS} UNION ALL SELECT 'k' || id::text FROM api_keys
    UNION ALL SELECT 'h' || h::text FROM webhook_deliveries AS h
    UNION ALL SELECT 'm' || m::text FROM memberships AS m
    UNION ALL SELECT 'p' || p::text FROM pipelines AS p UNION ALL SELECT 's' || s::text FROM stages AS s
    UNION ALL SELECT 'd' || d::text FROM deal_contacts AS d
    UNION ALL SELECT 'y' || m::text FROM merges AS m
    UNION ALL SELECT 'x' || first_id::text || second_id::text || is_dismissed::text FROM duplicates
    UNION ALL SELECT 't' || t::text FROM teams AS t UNION ALL SELECT 'i' || i::text FROM invitations AS i
    UNION ALL SELECT 'w' || w::text FROM workspaces AS w
    UNION ALL SELECT 's' || id::text || coalesce(workspace_id::text, '') FROM sessions
) AS lines
"""


class World:
    """The world in a database; made again after each change."""

    def __init__(self, sql: Any) -> None:
        self.sql = sql
        self._script = "".join(_script())

    async def make(self) -> None:
        await self.sql.execute(self._script)

    async def state(self) -> str:
        """A fingerprint of everything that a request could have changed."""
        return str(await self.sql.fetchval(SNAPSHOT))


def _script() -> Iterator[str]:
    for table in (*(kind.plural for kind in KINDS), "invitations", "memberships", "teams", "users"):
        yield f"DELETE FROM {table};"
    yield f"DELETE FROM workspaces WHERE id = ANY ('{{{HOME},{ABROAD},{THIRD}}}');"
    for workspace, name in ((HOME, "Home"), (ABROAD, "Abroad"), (THIRD, "Third")):
        yield _insert("workspaces", id=workspace, name=name)
    for team, home, name in ((NORTH, HOME, "North"), (EMPTY, HOME, "Empty"), (FOREIGN, ABROAD, "Foreign")):
        yield _insert("teams", id=team, workspace_id=home, name=name)
    for name, home in (("home", HOME), ("abroad", ABROAD)):
        yield from _pipeline(name, home)
    yield from _people()
    yield from _records()


def _pipeline(name: str, workspace: UUID) -> Iterator[str]:
    pipeline, trashed = known(f"pipeline {name}"), known(f"trashed pipeline {name}")
    yield _insert("pipelines", id=pipeline, workspace_id=workspace, name="Ours", type="custom")
    for number, stage in enumerate(("First", "Second")):
        where = {"workspace_id": workspace, "pipeline_id": pipeline, "position": number, "probability": 10}
        yield _insert("stages", id=known(f"{stage} {name}"), name=stage, **where)
    gone = {"type": "custom", "deleted_at": "2026-01-01Z"}
    yield _insert("pipelines", id=trashed, workspace_id=workspace, name="Old", **gone)


def _people() -> Iterator[str]:
    bystanders = (("mate", MATE, HOME, NORTH), ("stranger", STRANGER, HOME, None))
    for name, user, home, team in (*bystanders, ("foreigner", FOREIGNER, ABROAD, None)):
        yield _insert("users", id=user, email=f"{name}@example.com", name=name)
        yield _insert("memberships", workspace_id=home, user_id=user, role="member", team_id=team)
    for actor in (*MEMBERS, OUTSIDER):
        yield _insert("users", id=actor.id, email=f"{actor.name}@example.com", name=actor.name)
        yield _insert("memberships", workspace_id=ABROAD, user_id=actor.id, role="owner")
        yield (
            "INSERT INTO sessions (id, user_id, workspace_id, expires_at) "
            f"VALUES ('{actor.session}', '{actor.id}', '{HOME}', '2999-01-01Z');"
        )
        yield _invitation(actor.token, f"{actor.name}@example.com", THIRD)
    for actor in MEMBERS:
        values = {"role": actor.role, "visibility": actor.visibility, "team_id": NORTH}
        yield _insert("memberships", workspace_id=HOME, user_id=actor.id, **values)
        yield _key(f"key of {actor.name}", HOME, actor.id)
    yield _key("key abroad", ABROAD, FOREIGNER)


def _records() -> Iterator[str]:
    for kind in KINDS:
        yield _living_and_trashed(kind)
    yield _people_of_deals()
    yield from (_pair(number, name) for number, name in enumerate(("contact", "company"), start=1))
    yield from _sent()
    yield CONTENTS
    yield _invitation("home", "home@example.net", HOME)
    yield _invitation("abroad", "abroad@example.net", ABROAD)


def _living_and_trashed(kind: Kind) -> str:
    rows = [
        _record(kind, what, row)
        for what in ((kind.name, f"trashed {kind.name}") if kind.trashed else (kind.name,))
        for row in (_owned(what) if kind.owned else _shared(what))
    ]
    # In one statement: triggers that work once for each statement do so once for all of them.
    return f"INSERT INTO {kind.plural} ({', '.join(rows[0])}) VALUES {', '.join(map(_values, rows))};"


def _owned(what: str) -> Iterator[tuple[UUID, UUID, UUID | None]]:
    for name, owner in (("mate", MATE), ("stranger", STRANGER), ("nobody", None)):
        yield known(f"{what} of {name}"), HOME, owner
    for actor in (*MEMBERS, OUTSIDER):
        yield actor.record(what, Relation.ELSEWHERE), ABROAD, actor.id
        if actor.role is not None:
            yield actor.record(what, Relation.OWN), HOME, actor.id


def _shared(what: str) -> Iterator[tuple[UUID, UUID, UUID | None]]:
    yield known(f"{what} {Relation.SHARED}"), HOME, None
    for actor in (*MEMBERS, OUTSIDER):
        yield actor.record(what, Relation.ELSEWHERE), ABROAD, None


def _record(kind: Kind, what: str, which: tuple[UUID, UUID, UUID | None]) -> dict[str, object]:
    name, workspace, owner = which
    row: dict[str, object] = {"id": name, "workspace_id": workspace}
    for field, value in required(kind).items():
        row[field] = f"{value}{name.hex[:8]}" if field in kind.unique.values() else value
    if kind is CONTACT:
        row["email"] = f"{name.hex}@example.com"
    if kind is IMPORT:
        row |= {"state": "ready", "columns": "{first_name}", "mapping": "{first_name}"}
    if kind.owned:
        row["owner_id"] = owner
    if kind.trashed:
        row["deleted_at"] = "2026-01-01Z" if what != kind.name else None
    return {**row, **placed(kind, workspace)}


def placed(kind: Kind, workspace: UUID) -> dict[str, object]:
    """Where a deal is; other kinds are nowhere."""
    if kind is not DEAL:
        return {}
    name = "home" if workspace == HOME else "abroad"
    return {"pipeline_id": known(f"pipeline {name}"), "stage_id": known(f"First {name}"), "position": "a"}


def _pair(number: int, name: str) -> str:
    """Two records abroad that may be the same, whether they are alike or not."""
    ids = sorted(actor.record(name, Relation.ELSEWHERE) for actor in MEMBERS[:2])
    pair = f"'{known(f'pair of {name}')}', '{ABROAD}', {number}, '{ids[0]}', '{ids[1]}', 50, '{{3}}'"
    return (
        "INSERT INTO duplicates (id, workspace_id, kind, first_id, second_id, score, facts) "
        f"VALUES ({pair}) ON CONFLICT ON CONSTRAINT duplicates_once DO UPDATE SET id = excluded.id;"
    )


def _people_of_deals() -> str:
    """Whoever owns a deal has a contact, and that one takes part in it."""
    return (
        "INSERT INTO deal_contacts (workspace_id, deal_id, contact_id) "
        "SELECT d.workspace_id, d.id, c.id "
        "FROM deals AS d JOIN contacts AS c ON c.workspace_id = d.workspace_id "
        "AND c.owner_id IS NOT DISTINCT FROM d.owner_id WHERE c.deleted_at IS NULL;"
    )


def _sent() -> Iterator[str]:
    """Each webhook has a secret that opens nowhere, and one delivery, which has the webhook's own id."""
    yield "UPDATE webhooks SET secret = '\\x00';"
    yield (
        "INSERT INTO webhook_deliveries (id, workspace_id, webhook_id, event_id, event, status) "
        "SELECT id, workspace_id, id, id, 'webhook.ping', 'failed' FROM webhooks;"
    )


def required(kind: Kind) -> dict[str, object]:
    """What a record cannot be without."""
    return {field.name: field.example for field in kind.fields if field.required}


def _invitation(token: str, email: str, workspace: UUID) -> str:
    digest, times = f"\\x{token_digest(token).hex()}", {"expires_at": "2999-01-01Z"}
    values = {"role": "viewer", "visibility": "own", "token_hash": digest, **times}
    return _insert(
        "invitations", id=known(f"invitation {token}"), workspace_id=workspace, email=email, **values
    )


def _key(name: str, workspace: UUID, holder: UUID) -> str:
    values = {"prefix": "hcrm_", "digest": f"\\x{digest_of(name).hex()}", "scopes": "{read}"}
    return _insert("api_keys", id=known(name), workspace_id=workspace, user_id=holder, name=name, **values)


def _insert(table: str, **values: object) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES {_values(values)};"


def _values(row: Mapping[str, object]) -> str:
    return f"({', '.join(map(_literal, row.values()))})"


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"'{{{','.join(value)}}}'"
    return "NULL" if value is None else f"'{value}'"
