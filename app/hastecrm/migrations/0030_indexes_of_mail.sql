-- phase: expand
-- compatible-from: 5
-- transaction: none
-- Whether a message is an activity of a contact already; and contacts whose addresses are not in small letters are found.
CREATE INDEX CONCURRENTLY activities_message ON activities (workspace_id, message_id, contact_id)
    WHERE message_id IS NOT NULL;
CREATE INDEX CONCURRENTLY contacts_by_odd_email ON contacts (workspace_id, id)
    WHERE deleted_at IS NULL AND email <> lower(email);
