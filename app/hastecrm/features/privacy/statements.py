# ruff: noqa: S608 - only the module's own constants are put into statements
"""Where a person is kept: what an export reads, and what an erasure removes. Pure: no database here.

$1 is the workspace, $2 the contact. A feature that keeps copies of contacts' values elsewhere adds a line.
"""

from typing import Final

_THEIRS: Final = "workspace_id = $1 AND contact_id = $2"
# Those that became this one; they wait in the trash.
_MERGED: Final = "SELECT unnest(others) FROM merges WHERE workspace_id = $1 AND kept_id = $2"
# What was done for the person or written down about them, with the person themselves.
_RECORDS: Final = (
    "ARRAY[$2::uuid]"
    f" || ARRAY({_MERGED})"
    f" || ARRAY(SELECT id FROM activities WHERE {_THEIRS})"
    f" || ARRAY(SELECT id FROM tasks WHERE {_THEIRS})"
    f" || ARRAY(SELECT id FROM notes WHERE {_THEIRS})"
    f" || ARRAY(SELECT id FROM attachments WHERE {_THEIRS})"
)
_ATTACHED: Final = (
    "workspace_id = $1 AND (contact_id = $2"
    f" OR activity_id = ANY (ARRAY(SELECT id FROM activities WHERE {_THEIRS}))"
    f" OR task_id = ANY (ARRAY(SELECT id FROM tasks WHERE {_THEIRS}))"
    f" OR note_id = ANY (ARRAY(SELECT id FROM notes WHERE {_THEIRS})))"
)
_DEALS: Final = f"SELECT deal_id FROM deal_contacts WHERE {_THEIRS}"
_SHOWN: Final = "to_jsonb(line) - 'workspace_id'"

LOCK: Final = (
    "SELECT id, first_name, last_name, email FROM contacts WHERE workspace_id = $1 AND id = $2 FOR UPDATE"
)
SEE: Final = "SELECT 1 FROM contacts WHERE workspace_id = $1 AND id = $2"  # the trash is kept, too

# Section -> one JSON object a row.
EXPORTED: Final = {
    "contact": (
        f"SELECT {_SHOWN} || jsonb_build_object('tags', ARRAY(SELECT name FROM tags WHERE workspace_id = $1 "
        "AND id = ANY (line.tags) ORDER BY name)) FROM contacts AS line WHERE workspace_id = $1 AND id = $2"
    ),
    "activities": f"SELECT {_SHOWN} FROM activities AS line WHERE {_THEIRS} ORDER BY occurred_at, id",
    "tasks": f"SELECT {_SHOWN} FROM tasks AS line WHERE {_THEIRS} ORDER BY created_at, id",
    "notes": f"SELECT {_SHOWN} FROM notes AS line WHERE {_THEIRS} ORDER BY created_at, id",
    "deals": (
        f"SELECT {_SHOWN} FROM deals AS line WHERE workspace_id = $1 AND id IN ({_DEALS}) "
        "ORDER BY created_at, id"
    ),
    "attachments": (
        f"SELECT {_SHOWN} - 'file_id' FROM attachments AS line WHERE {_ATTACHED} ORDER BY created_at, id"
    ),
    "history": (
        "SELECT jsonb_build_object('at', at, 'action', action, 'entity', entity, 'entity_id', entity_id, "
        f"'changes', changes) FROM audit_log WHERE workspace_id = $1 AND entity_id = ANY ({_RECORDS}) "
        "ORDER BY at, id"
    ),
}

# What is counted of an erasure -> the statement, in order: the log first, which is found by the records.
ERASED: Final = {
    "history": (
        f"UPDATE audit_log SET changes = '{{}}' WHERE workspace_id = $1 AND entity_id = ANY ({_RECORDS}) "
        "AND changes <> '{}'"
    ),
    "attachments": f"DELETE FROM attachments WHERE {_ATTACHED}",
    "activities": f"DELETE FROM activities WHERE {_THEIRS}",
    "tasks": f"DELETE FROM tasks WHERE {_THEIRS}",
    "notes": f"DELETE FROM notes WHERE {_THEIRS}",
    # Answers that are kept for a day, in case a request comes again.
    "answers": (
        "DELETE FROM idempotency_keys WHERE workspace_id = $1 AND position($2::uuid::text::bytea IN body) > 0"
    ),
    "merged": f"DELETE FROM contacts WHERE workspace_id = $1 AND id = ANY (ARRAY({_MERGED}))",
    "contacts": "DELETE FROM contacts WHERE workspace_id = $1 AND id = $2",
}
# $3 is the person's name, both parts of it: deals are the workspace's business and stay, without it.
RENAMED: Final = {
    "deal_history": (
        f"UPDATE audit_log SET changes = '{{}}' WHERE workspace_id = $1 "
        f"AND entity_id = ANY (ARRAY({_DEALS})) "
        "AND position($3 IN changes::text) > 0"
    ),
    "deals": (
        "UPDATE deals SET title = left(replace(title, $3, '[erased]'), 200), version = version + 1, "
        "updated_at = now(), description = replace(description, $3, '[erased]') "
        f"WHERE workspace_id = $1 AND id IN ({_DEALS}) "
        "AND position($3 IN title || coalesce(description, '')) > 0"
    ),
}
# $1 is the person's address.
LETTERS: Final = "DELETE FROM jobs WHERE kind LIKE 'send_mail%' AND lower(payload ->> 'to') = lower($1)"
