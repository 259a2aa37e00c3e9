-- phase: expand
-- compatible-from: 5
-- Contacts know when something was last done for them; tags are made by members and changed by who manages.

-- The newest of all activities that are not in the trash, also of those that whoever adds one does not see; an
-- index has them in order. The version of the contact stays: what people change in it meets no conflict by this.
CREATE FUNCTION hastecrm_last_done(workspace uuid, contact uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    reach text := current_setting('hastecrm.system', true);
BEGIN
    PERFORM set_config('hastecrm.system', 'on', true);
    UPDATE contacts SET last_activity_at = (
        SELECT occurred_at FROM activities
        WHERE workspace_id = workspace AND contact_id = contact AND deleted_at IS NULL
        ORDER BY occurred_at DESC, id DESC LIMIT 1
    ) WHERE workspace_id = workspace AND id = contact;
    PERFORM set_config('hastecrm.system', coalesce(reach, ''), true);
END $$;

CREATE FUNCTION hastecrm_activity_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.contact_id IS NOT NULL THEN
        PERFORM hastecrm_last_done(NEW.workspace_id, NEW.contact_id);
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.contact_id IS NOT NULL
        AND (TG_OP = 'DELETE' OR OLD.contact_id IS DISTINCT FROM NEW.contact_id) THEN
        PERFORM hastecrm_last_done(OLD.workspace_id, OLD.contact_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER activity_done AFTER INSERT OR UPDATE OF contact_id, occurred_at, deleted_at ON activities
    FOR EACH ROW EXECUTE FUNCTION hastecrm_activity_done();
-- What leaves the trash for good was not counted.
CREATE TRIGGER activity_gone AFTER DELETE ON activities
    FOR EACH ROW WHEN (OLD.deleted_at IS NULL) EXECUTE FUNCTION hastecrm_activity_done();

ALTER POLICY tags_change ON tags USING ((SELECT hastecrm_may_manage()));
ALTER POLICY tags_remove ON tags USING ((SELECT hastecrm_may_manage()));
