-- phase: expand
-- compatible-from: 5
-- Files of records. Whoever sees the record sees them, so their owner is that record's, kept by triggers.

CREATE TABLE attachments (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    media_type   text CHECK (length(media_type) <= 100),
    size         bigint,
    sha256       text,
    file_id      uuid,
    contact_id   uuid,
    company_id   uuid,
    deal_id      uuid,
    task_id      uuid,
    note_id      uuid,
    activity_id  uuid,
    owner_id     uuid,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT attachments_of_one CHECK (
        num_nonnulls(contact_id, company_id, deal_id, task_id, note_id, activity_id) <= 1),
    CONSTRAINT attachments_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id),
    CONSTRAINT attachments_file FOREIGN KEY (workspace_id, file_id)
        REFERENCES files (workspace_id, id) ON DELETE SET NULL (file_id),
    CONSTRAINT attachments_contact FOREIGN KEY (workspace_id, contact_id)
        REFERENCES contacts (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT attachments_company FOREIGN KEY (workspace_id, company_id)
        REFERENCES companies (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT attachments_deal FOREIGN KEY (workspace_id, deal_id)
        REFERENCES deals (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT attachments_task FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE,
    CONSTRAINT attachments_note FOREIGN KEY (note_id) REFERENCES notes (id) ON DELETE CASCADE,
    CONSTRAINT attachments_activity FOREIGN KEY (activity_id) REFERENCES activities (id) ON DELETE CASCADE
);
CREATE INDEX attachments_newest ON attachments (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX attachments_owned ON attachments (workspace_id, owner_id, created_at DESC, id DESC);
CREATE INDEX attachments_of_file ON attachments (workspace_id, file_id) WHERE file_id IS NOT NULL;
CREATE INDEX attachments_of_contact ON attachments (workspace_id, contact_id, created_at DESC, id DESC)
    WHERE contact_id IS NOT NULL;
CREATE INDEX attachments_of_company ON attachments (workspace_id, company_id, created_at DESC, id DESC)
    WHERE company_id IS NOT NULL;
CREATE INDEX attachments_of_deal ON attachments (workspace_id, deal_id, created_at DESC, id DESC)
    WHERE deal_id IS NOT NULL;
CREATE INDEX attachments_of_task ON attachments (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX attachments_of_note ON attachments (note_id) WHERE note_id IS NOT NULL;
CREATE INDEX attachments_of_activity ON attachments (activity_id) WHERE activity_id IS NOT NULL;
CREATE INDEX attachments_deleted ON attachments (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;
SELECT hastecrm_walled('attachments', true);
SELECT hastecrm_versioned('attachments');

CREATE TRIGGER keep_files AFTER INSERT OR UPDATE OF file_id OR DELETE ON attachments
    FOR EACH ROW EXECUTE FUNCTION hastecrm_keep_files();

CREATE FUNCTION hastecrm_attachment_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.owner_id := CASE
        WHEN NEW.contact_id IS NOT NULL THEN (SELECT owner_id FROM contacts WHERE id = NEW.contact_id)
        WHEN NEW.company_id IS NOT NULL THEN (SELECT owner_id FROM companies WHERE id = NEW.company_id)
        WHEN NEW.deal_id IS NOT NULL THEN (SELECT owner_id FROM deals WHERE id = NEW.deal_id)
        WHEN NEW.task_id IS NOT NULL THEN (SELECT owner_id FROM tasks WHERE id = NEW.task_id)
        WHEN NEW.note_id IS NOT NULL THEN (SELECT owner_id FROM notes WHERE id = NEW.note_id)
        WHEN NEW.activity_id IS NOT NULL THEN (SELECT owner_id FROM activities WHERE id = NEW.activity_id)
        ELSE NEW.owner_id END;
    RETURN NEW;
END $$;
-- Not where only the owner changes: then the record's does, and this follows.
CREATE TRIGGER take_owner
    BEFORE INSERT OR UPDATE OF contact_id, company_id, deal_id, task_id, note_id, activity_id ON attachments
    FOR EACH ROW EXECUTE FUNCTION hastecrm_attachment_owner();

-- Whoever gives a record away may lose sight of its files by that: they are the system's to change here.
CREATE FUNCTION hastecrm_attachments_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := current_setting('hastecrm.system', true);
BEGIN
    PERFORM set_config('hastecrm.system', 'on', true);
    EXECUTE format('UPDATE attachments SET owner_id = $1 WHERE workspace_id = $2 AND %I = $3', TG_ARGV[0])
        USING NEW.owner_id, NEW.workspace_id, NEW.id;
    PERFORM set_config('hastecrm.system', coalesce(before, ''), true);
    RETURN NULL;
END $$;

CREATE TRIGGER attachments_follow AFTER UPDATE OF owner_id ON contacts FOR EACH ROW
    WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION hastecrm_attachments_follow('contact_id');
CREATE TRIGGER attachments_follow AFTER UPDATE OF owner_id ON companies FOR EACH ROW
    WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION hastecrm_attachments_follow('company_id');
CREATE TRIGGER attachments_follow AFTER UPDATE OF owner_id ON deals FOR EACH ROW
    WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION hastecrm_attachments_follow('deal_id');
CREATE TRIGGER attachments_follow AFTER UPDATE OF owner_id ON tasks FOR EACH ROW
    WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION hastecrm_attachments_follow('task_id');
CREATE TRIGGER attachments_follow AFTER UPDATE OF owner_id ON notes FOR EACH ROW
    WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION hastecrm_attachments_follow('note_id');
CREATE TRIGGER attachments_follow AFTER UPDATE OF owner_id ON activities FOR EACH ROW
    WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION hastecrm_attachments_follow('activity_id');
