-- phase: expand
-- compatible-from: 5
-- transaction: none
-- The mails of a conversation, in order.
CREATE INDEX CONCURRENTLY activities_of_thread ON activities (workspace_id, thread_id, occurred_at, id)
    WHERE thread_id IS NOT NULL;
