-- phase: expand
-- compatible-from: 3
-- The answers to POSTs that came with a key, each written in the transaction of the change itself.

CREATE TABLE idempotency_keys (
    workspace_id uuid NOT NULL,  -- no reference: a row lives for a day, whatever becomes of its workspace
    principal    text NOT NULL CHECK (length(principal) BETWEEN 1 AND 100),
    key          text NOT NULL CHECK (length(key) BETWEEN 8 AND 128),
    fingerprint  bytea NOT NULL,  -- SHA-256 of method, address and body
    status       smallint NOT NULL,
    headers      jsonb NOT NULL,
    body         bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, principal, key)
) WITH (
    -- Every row is written once and deleted a day later: clean up in small portions.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000
);

-- The purge walks the oldest.
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_scope ON idempotency_keys
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));
