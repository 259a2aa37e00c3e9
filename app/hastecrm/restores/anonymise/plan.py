"""What becomes of every column that could tell who somebody is. No I/O here.

Whoever adds a column that holds text decides here what becomes of it; a test asks. Invented values follow
from the real ones by a keyed hash: the same address is the same invented one everywhere, so what was joined
by it still is, what was unique still is, and without the key nobody can guess the way back.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hastecrm.restores.anonymise.invented import (
    domain,
    email,
    first_name,
    full_name,
    last_name,
    numbered,
    phone,
    title,
)

NOTHING: Final = "NULL"
_NO_FIELDS: Final = "'{}'::jsonb"
_SOME_REASON: Final = "CASE WHEN {} IS NOT NULL THEN 'A reason' END"
# Table -> column -> what it becomes, in SQL over the row itself. What is NULL or empty stays so.
INVENTED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "contacts": {
            "first_name": first_name("first_name"),
            "last_name": last_name("last_name"),
            "email": email("email"),
            "phone": phone("phone"),
            "title": title("title"),
            "company": numbered("Company", "company"),
            "city": numbered("City", "city"),
            "custom": _NO_FIELDS,
        },
        "companies": {
            "name": numbered("Company", "name"),
            "domain": domain("domain"),
            "website": NOTHING,
            "phone": phone("phone"),
            "address": NOTHING,
            "postal_code": NOTHING,
            "city": numbered("City", "city"),
            "region": NOTHING,
            "description": NOTHING,
            "custom": _NO_FIELDS,
        },
        "deals": {
            "title": numbered("Deal", "title"),
            "description": NOTHING,
            "won_reason": _SOME_REASON.format("won_reason"),
            "lost_reason": _SOME_REASON.format("lost_reason"),
            "custom": _NO_FIELDS,
        },
        "deal_transitions": {"reason": NOTHING},
        "activities": {
            "title": numbered("Activity", "title"),
            "description": NOTHING,
            "mail_error": NOTHING,
            "message_id": NOTHING,
            "thread_id": NOTHING,
        },
        "mail_templates": {
            "name": numbered("Template", "name"),
            "subject": numbered("Subject", "name"),
            "body": numbered("Body", "name"),
            "html": NOTHING,
        },
        "tasks": {"title": numbered("Task", "title"), "description": NOTHING},
        "notes": {"body": numbered("Note", "body")},
        "tags": {"name": numbered("Tag", "name")},
        "custom_fields": {"label": numbered("Field", "label"), "options": "'{}'"},
        "saved_views": {"name": numbered("View", "name"), "filter": "''"},
        "users": {
            "name": full_name("name"),
            "email": email("email"),
            "password_hash": NOTHING,
        },
        "workspaces": {"name": numbered("Workspace", "name")},
        "teams": {"name": numbered("Team", "name")},
        "invitations": {"email": email("email"), "token_hash": "sha256(uuid_send(id))"},
        "audit_log": {"changes": _NO_FIELDS, "address": NOTHING, "request_id": NOTHING},
    }
)
# What opens something, what waits to be sent, and what was answered: of no use in a copy, or a danger.
EMPTIED: Final = (
    "sessions",
    "refresh_tokens",
    "account_tickets",
    "api_keys",
    "sign_in_attempts",
    "second_factors",
    "recovery_codes",
    "user_identities",
    "idempotency_keys",
    "mail_accounts",
    "jobs",
    "attachments",
    "erasures",
    "files",
    "file_chunks",
    "webhooks",
    "automations",
    "automation_runs",
    "webhook_deliveries",
    "imports",
    "import_changes",
    "import_errors",
    # Filled again by the triggers of the tables whose people are invented.
    "search_documents",
    "search_words",
    "search_typos",
    "match_keys",
    "match_waiting",
    "duplicates",
    "merges",
)
# Words of ours, of a fixed list or of no person.
HARMLESS: Final = frozenset(
    {
        "activities.direction",
        "activities.mail_status",
        "activities.type",
        "audit_log.action",
        "audit_log.entity",
        "companies.country",
        "companies.industry",
        "companies.size",
        "contacts.country",
        "contacts.source",
        "contacts.status",
        "custom_fields.entity",
        "custom_fields.key",
        "custom_fields.type",
        "deal_totals.currency",
        "deal_totals.status",
        "deal_transitions.status",
        "deals.currency",
        "deals.position",
        "deals.status",
        "invitations.role",
        "invitations.visibility",
        "job_schedules.name",
        "memberships.role",
        "memberships.visibility",
        "pipelines.name",
        "pipelines.type",
        "saved_views.columns",
        "saved_views.entity",
        "saved_views.order_by",
        "schema_migration_progress.checksum",
        "schema_migration_progress.position",
        "schema_migrations.checksum",
        "schema_migrations.name",
        "schema_migrations.phase",
        "stages.kind",
        "stages.name",
        "tags.colour",
        "tasks.priority",
        "tasks.repeats",
        "tasks.status",
        "users.locale",
        "users.time_zone",
    }
)
