-- phase: expand
-- compatible-from: 3
-- Which accounts the identities of OpenID providers open.

CREATE TABLE user_identities (
    provider   text NOT NULL CHECK (length(provider) <= 31),
    subject    text NOT NULL CHECK (length(subject) <= 255),
    user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, subject)
);
CREATE INDEX user_identities_user ON user_identities (user_id);
