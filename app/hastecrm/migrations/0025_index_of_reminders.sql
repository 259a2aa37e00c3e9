-- phase: expand
-- compatible-from: 5
-- transaction: none
-- Only what is still to fire, so that looking for it costs the same however many have fired.
CREATE INDEX CONCURRENTLY tasks_reminders ON tasks (reminder_at, id) WHERE deleted_at IS NULL AND reminder_at IS NOT NULL
    AND reminded_at IS NULL AND status IN ('todo', 'in_progress');

