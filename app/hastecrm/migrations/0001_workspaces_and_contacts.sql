-- phase: expand
-- compatible-from: 1
-- Workspaces, and the people they know.

CREATE TABLE workspaces (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The workspace that everything belongs to until people can make their own.
INSERT INTO workspaces (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'Default');

CREATE TABLE contacts (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    first_name   text NOT NULL CHECK (length(first_name) BETWEEN 1 AND 100),
    last_name    text NOT NULL DEFAULT '' CHECK (length(last_name) <= 100),
    email        text CHECK (length(email) <= 254),
    phone        text CHECK (length(phone) <= 40),
    title        text CHECK (length(title) <= 100),
    company      text CHECK (length(company) <= 200),
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz
);

-- The list: newest first, one index scan at any depth.
CREATE INDEX contacts_newest ON contacts (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- An address belongs to one living contact, whatever its capitals; a deleted one gives it free.
CREATE UNIQUE INDEX contacts_email_unique ON contacts (workspace_id, lower(email)) WHERE deleted_at IS NULL;

-- The purge reads only what was deleted: the index is as small as that is.
CREATE INDEX contacts_deleted ON contacts (workspace_id, deleted_at) WHERE deleted_at IS NOT NULL;
