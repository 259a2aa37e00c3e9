-- phase: expand
-- compatible-from: 5
-- What is left of people who were erased, and the one way in which entries of the log lose their values.

CREATE TABLE erasures (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    contact_id   uuid NOT NULL,
    actor_id     uuid,
    digest       bytea,  -- of the address, keyed: known again, never read
    removed      jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX erasures_newest ON erasures (workspace_id, created_at DESC, id DESC);
CREATE INDEX erasures_known ON erasures (workspace_id, digest) WHERE digest IS NOT NULL;
SELECT hastecrm_walled('erasures', false, 'hastecrm_may_manage');

CREATE POLICY audit_log_erasure ON audit_log FOR UPDATE USING ((SELECT hastecrm_is_system()));
