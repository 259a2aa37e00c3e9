-- phase: expand
-- compatible-from: 5
-- When a task's reminder fired; another moment to remind at takes it back.

ALTER TABLE tasks ADD COLUMN reminded_at timestamptz;

CREATE FUNCTION hastecrm_remind_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.reminded_at := NULL;
    RETURN NEW;
END $$;
-- A trigger, as the release before knows nothing of it.
CREATE TRIGGER remind_again BEFORE UPDATE OF reminder_at ON tasks
    FOR EACH ROW WHEN (OLD.reminder_at IS DISTINCT FROM NEW.reminder_at) EXECUTE FUNCTION hastecrm_remind_again();
