"""Who may do what: the one table that every address asks. No I/O here.

Which records it is done to is the other half: `Principal.owners`, in every statement and again in PostgreSQL.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hastecrm.core.identity import Role


class Resource(StrEnum):
    """What can be asked for."""

    CONTACT = "contact"
    DEAL = "deal"
    PIPELINE = "pipeline"
    ACTIVITY = "activity"
    TASK = "task"
    NOTE = "note"
    ATTACHMENT = "attachment"
    COMPANY = "company"
    TAG = "tag"
    CUSTOM_FIELD = "custom_field"
    SAVED_VIEW = "saved_view"
    REPORT = "report"
    MEMBER = "member"
    INVITATION = "invitation"
    TEAM = "team"
    WORKSPACE = "workspace"
    AUDIT = "audit"
    PRIVACY = "privacy"
    API_KEY = "api_key"
    MAIL_TEMPLATE = "mail_template"
    MAIL = "mail"
    MAIL_ACCOUNT = "mail_account"
    WEBHOOK = "webhook"
    IMPORT = "import"
    AI = "ai"
    AUTOMATION = "automation"


class Verb(StrEnum):
    """What can be done with it."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that a role may or may not do."""

    resource: Resource
    verb: Verb


class Open(StrEnum):
    """Addresses that ask for no right: of nobody, of anyone known, and of a person's own account."""

    PUBLIC = "public"
    KNOWN = "known"  # also for API keys: what is asked for there names rights of its own
    SIGNED_IN = "signed_in"


Access = Right | Open
_ALL: Final = frozenset(Verb)
_READ: Final = frozenset({Verb.READ})
_COMMON: Mapping[Resource, frozenset[Verb]] = {
    Resource.CONTACT: _READ,
    Resource.DEAL: _READ,
    Resource.PIPELINE: _READ,
    Resource.ACTIVITY: _READ,
    Resource.TASK: _READ,
    Resource.NOTE: _READ,
    Resource.ATTACHMENT: _READ,
    Resource.COMPANY: _READ,
    Resource.TAG: _READ,
    Resource.CUSTOM_FIELD: _READ,
    Resource.SAVED_VIEW: _READ,
    Resource.MAIL_TEMPLATE: _READ,
    Resource.REPORT: _READ,
    Resource.IMPORT: _READ,
    Resource.MEMBER: _READ,
    Resource.TEAM: _READ,
    Resource.WORKSPACE: _READ,
}
GRANTS: Final[Mapping[Role, Mapping[Resource, frozenset[Verb]]]] = MappingProxyType(
    {
        Role.OWNER: dict.fromkeys(Resource, _ALL),
        # An admin runs the workspace, but neither ends it nor makes another one.
        Role.ADMIN: {
            **dict.fromkeys(Resource, _ALL),
            Resource.WORKSPACE: frozenset({Verb.READ, Verb.UPDATE}),
        },
        # Everyone's keys are an admin's to see and to end; a member's own are theirs.
        Role.MEMBER: {
            **_COMMON,
            Resource.API_KEY: frozenset({Verb.CREATE, Verb.READ, Verb.DELETE}),
            Resource.CONTACT: _ALL,
            Resource.DEAL: _ALL,
            Resource.ACTIVITY: _ALL,
            Resource.TASK: _ALL,
            Resource.NOTE: _ALL,
            Resource.ATTACHMENT: _ALL,
            Resource.COMPANY: _ALL,
            Resource.TAG: frozenset({Verb.READ, Verb.CREATE}),
            Resource.SAVED_VIEW: _ALL,
            Resource.MAIL_TEMPLATE: _ALL,
            Resource.MAIL: frozenset({Verb.CREATE}),
            Resource.IMPORT: _ALL,
            Resource.AI: frozenset({Verb.CREATE}),
        },
        Role.VIEWER: _COMMON,
    }
)


def allows(role: Role | None, right: Right) -> bool:
    """Whether a role has a right; no role has none."""
    return role is not None and right.verb in GRANTS[role].get(right.resource, frozenset())


def scopes() -> tuple[str, ...]:
    """Return what an API key can be made for: `read`, `write`, and both for each resource."""
    kinds = ("read", "write")
    return (*kinds, *(f"{resource}:{kind}" for resource in Resource for kind in kinds))


def scope_of(right: Right) -> str:
    """Return the narrowest scope that covers a right."""
    return f"{right.resource}:{'read' if right.verb is Verb.READ else 'write'}"


def covers(granted: Collection[str], right: Right) -> bool:
    """Whether the scopes of an API key cover a right; writing does not include reading."""
    scope = scope_of(right)
    return scope in granted or scope.rpartition(":")[2] in granted
