-- phase: expand
-- compatible-from: 5
-- What signing in needs to remember. Of every token only a hash is stored: a stolen table opens nothing.

-- Each refresh token is good for one use. Used ones stay for a while: one that comes back was stolen.
CREATE TABLE refresh_tokens (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    successor  bytea CHECK (length(successor) = 32),  -- hash of the token that took its place
    used_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((successor IS NULL) = (used_at IS NULL))
) WITH (
    -- Every row is written twice and deleted days later: clean up in small portions.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;

-- The links in mails: good for one thing, once, and not for long.
CREATE TABLE account_tickets (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('reset', 'verify')),
    email      text NOT NULL,  -- the address that it was sent to: the only one that it proves
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX account_tickets_user ON account_tickets (user_id, purpose);

-- How often somebody tried to sign in to an address from a network, and in vain; 0.0.0.0/0 counts all
-- networks. There is a row whether or not anyone has this address, so that nothing can be learnt from it.
CREATE TABLE sign_in_attempts (
    account       bytea NOT NULL CHECK (length(account) = 32),  -- SHA-256 of the address
    network       cidr NOT NULL,
    failures      integer NOT NULL DEFAULT 0,
    last_at       timestamptz NOT NULL DEFAULT now(),
    blocked_until timestamptz,
    PRIMARY KEY (account, network)
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000
);
CREATE INDEX sign_in_attempts_age ON sign_in_attempts (last_at);

-- Which networks an account is known from.
CREATE INDEX sessions_address ON sessions (user_id, address);
-- The purge walks the sessions that ended first.
CREATE INDEX sessions_end ON sessions (expires_at);
