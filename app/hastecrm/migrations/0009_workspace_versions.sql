-- phase: expand
-- compatible-from: 5
-- How often each workspace was changed, counted in the transaction of the change: what cached answers go by.
-- The version is the sum over a workspace's rows. A transaction counts in a row that nobody else holds, or in a
-- new one, so counting waits for nobody and takes part in no deadlock.

CREATE TABLE workspace_versions (
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    slot         uuid NOT NULL DEFAULT gen_random_uuid(),
    changes      bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (workspace_id, slot)
) WITH (
    -- A few rows that every write updates: room beside them for the next version, and early cleaning.
    fillfactor = 20,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 500
);

ALTER TABLE workspace_versions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace_versions_scope ON workspace_versions
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));

CREATE FUNCTION hastecrm_count_change(changed uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workspace_versions SET changes = changes + 1
    WHERE (workspace_id, slot) = (
        SELECT workspace_id, slot FROM workspace_versions WHERE workspace_id = changed
        LIMIT 1 FOR UPDATE SKIP LOCKED
    );
    IF NOT FOUND THEN
        -- A workspace that is just being deleted has no version any more.
        INSERT INTO workspace_versions (workspace_id) SELECT id FROM workspaces WHERE id = changed;
    END IF;
END $$;

-- Once for each statement, however many rows it changes.
CREATE FUNCTION hastecrm_count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE workspace_versions SET changes = changes + 1;
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM hastecrm_count_change(workspace_id) FROM (SELECT DISTINCT workspace_id FROM now) AS touched;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM hastecrm_count_change(workspace_id) FROM (SELECT DISTINCT workspace_id FROM before) AS touched;
    ELSE
        PERFORM hastecrm_count_change(workspace_id)
        FROM (SELECT workspace_id FROM now UNION SELECT workspace_id FROM before) AS touched;
    END IF;
    RETURN NULL;
END $$;

-- Counts the changes of a table that has a workspace_id: one line in the migration that makes the table.
CREATE FUNCTION hastecrm_versioned(watched regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER count_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS now '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_count_rows()', watched);
    EXECUTE format('CREATE TRIGGER count_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS before NEW TABLE AS now '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_count_rows()', watched);
    EXECUTE format('CREATE TRIGGER count_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS before '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_count_rows()', watched);
    EXECUTE format('CREATE TRIGGER count_truncated AFTER TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_count_rows()', watched);
END $$;

SELECT hastecrm_versioned('contacts');
