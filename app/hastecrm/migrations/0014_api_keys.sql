-- phase: expand
-- compatible-from: 5
-- Keys with which programs act for a member, within scopes.

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    user_id      uuid NOT NULL,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    prefix       text NOT NULL CHECK (length(prefix) BETWEEN 1 AND 20),  -- what people tell keys apart by
    digest       bytea NOT NULL,  -- SHA-256 of the key, which has 256 random bits and is shown once
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,  -- absent: never
    last_used_at timestamptz,  -- about a minute exact
    -- Who leaves a workspace leaves no key behind.
    CONSTRAINT api_keys_member FOREIGN KEY (workspace_id, user_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX api_keys_digest ON api_keys (digest);
CREATE INDEX api_keys_newest ON api_keys (workspace_id, created_at DESC, id DESC);
CREATE INDEX api_keys_of ON api_keys (workspace_id, user_id, created_at DESC, id DESC);
SELECT hastecrm_walled('api_keys', false);
