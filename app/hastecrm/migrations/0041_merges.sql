-- phase: expand
-- compatible-from: 5
-- Records of one kind that became one, and what it takes to make them several again.

CREATE TABLE merges (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kept_id      uuid NOT NULL,
    others       uuid[] NOT NULL,
    undoing      jsonb NOT NULL,  -- the old values of the kept one, and what was moved to it from which other one
    merged_by    uuid,
    merged_at    timestamptz NOT NULL DEFAULT now(),
    undone_at    timestamptz
);
CREATE INDEX merges_of ON merges (workspace_id, kept_id, merged_at DESC, id DESC);
SELECT hastecrm_walled('merges', false);

-- Where a record of the trash went.
ALTER TABLE contacts ADD COLUMN merged_into uuid;
ALTER TABLE companies ADD COLUMN merged_into uuid;

CREATE FUNCTION hastecrm_stands_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.merged_into := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER stands_alone BEFORE UPDATE ON contacts FOR EACH ROW
    WHEN (NEW.merged_into IS NOT NULL AND NEW.deleted_at IS NULL) EXECUTE FUNCTION hastecrm_stands_alone();
CREATE TRIGGER stands_alone BEFORE UPDATE ON companies FOR EACH ROW
    WHEN (NEW.merged_into IS NOT NULL AND NEW.deleted_at IS NULL) EXECUTE FUNCTION hastecrm_stands_alone();

-- Nothing of a record outlives it.
CREATE FUNCTION hastecrm_forget_merges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM merges WHERE workspace_id = OLD.workspace_id AND kept_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER merges_forgotten AFTER DELETE ON contacts FOR EACH ROW EXECUTE FUNCTION hastecrm_forget_merges();
CREATE TRIGGER merges_forgotten AFTER DELETE ON companies FOR EACH ROW EXECUTE FUNCTION hastecrm_forget_merges();
