-- phase: expand
-- compatible-from: 3
-- The second factor of accounts: one authenticator app each, and recovery codes.

CREATE TABLE second_factors (
    user_id      uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       bytea NOT NULL,              -- sealed with a key of the installation, bound to the user
    confirmed_at timestamptz,                 -- absent: begun, and without any effect
    last_step    bigint NOT NULL DEFAULT 0    -- the newest 30-second step whose code was used
);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    bytea NOT NULL,
    PRIMARY KEY (user_id, hash)
);
