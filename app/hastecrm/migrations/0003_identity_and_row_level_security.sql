-- phase: contract
-- compatible-from: 3
-- People, what they may see, and the second wall around it. Code older than this names no scope to the
-- database, so it would see nothing: that is why nothing older can live with it.

CREATE TABLE users (
    id                uuid PRIMARY KEY,
    email             text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    email_verified_at timestamptz,
    password_hash     text,  -- absent for people who come through an OpenID provider only
    name              text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    time_zone         text NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) <= 64),
    locale            text NOT NULL DEFAULT 'en' CHECK (length(locale) <= 35),
    disabled_at       timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email_unique ON users (lower(email));

ALTER TABLE workspaces
    ADD COLUMN member_limit integer CHECK (member_limit > 0),  -- absent: no limit
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN deleted_at timestamptz;

CREATE TABLE teams (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX teams_name_unique ON teams (workspace_id, lower(name));

CREATE TABLE memberships (
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role         text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    -- Whose records this member sees: their own, their team's, everyone's.
    visibility   text NOT NULL DEFAULT 'all' CHECK (visibility IN ('own', 'team', 'all')),
    team_id      uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, team_id) REFERENCES teams (workspace_id, id)
);
CREATE INDEX memberships_user ON memberships (user_id);
CREATE INDEX memberships_team ON memberships (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE sessions (
    id             uuid PRIMARY KEY,
    user_id        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id   uuid REFERENCES workspaces (id) ON DELETE SET NULL,  -- where the person works now
    device         text NOT NULL DEFAULT '' CHECK (length(device) <= 400),
    address        inet,
    created_at     timestamptz NOT NULL DEFAULT now(),
    last_seen_at   timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,  -- the absolute end, whatever is done
    revoked_at     timestamptz,
    revoked_reason text CHECK (length(revoked_reason) <= 100)
);
CREATE INDEX sessions_user ON sessions (user_id, created_at DESC);

CREATE TABLE audit_log (
    id           uuid PRIMARY KEY,
    at           timestamptz NOT NULL DEFAULT now(),
    workspace_id uuid,        -- absent: about an account, not about a workspace's records
    actor_id     uuid,        -- absent: the installation itself, or nobody who is known
    action       text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
    entity       text NOT NULL CHECK (length(entity) BETWEEN 1 AND 100),
    entity_id    uuid,
    changes      jsonb NOT NULL DEFAULT '{}',
    address      inet,
    request_id   text
);
CREATE INDEX audit_log_workspace ON audit_log (workspace_id, at DESC, id DESC);
CREATE INDEX audit_log_actor ON audit_log (actor_id, at DESC) WHERE workspace_id IS NULL;
CREATE INDEX audit_log_at ON audit_log (at);

ALTER TABLE contacts ADD COLUMN owner_id uuid REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX contacts_owned ON contacts (workspace_id, owner_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- What a connection may see is said by the application each time it takes one from its pool. Nothing said,
-- nothing seen. `hastecrm.owners` is * for everyone's records, or an array of users.
CREATE FUNCTION hastecrm_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(current_setting('hastecrm.system', true), '') = 'on' $$;
CREATE FUNCTION hastecrm_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT nullif(current_setting('hastecrm.workspace', true), '')::uuid $$;
CREATE FUNCTION hastecrm_sees_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(current_setting('hastecrm.owners', true), '') = '*' $$;
CREATE FUNCTION hastecrm_owners() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(nullif(nullif(current_setting('hastecrm.owners', true), '*'), ''), '{}')::uuid[] $$;

-- FORCE, because the application owns its tables, and owners would be exempt. The sub-selects are evaluated
-- once for each statement instead of once for each row.
ALTER TABLE contacts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY contacts_scope ON contacts USING (
    (SELECT hastecrm_is_system())
    OR (workspace_id = (SELECT hastecrm_workspace())
        AND ((SELECT hastecrm_sees_all()) OR owner_id = ANY ((SELECT hastecrm_owners())::uuid[])))
);

ALTER TABLE teams ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY teams_scope ON teams
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));

ALTER TABLE memberships ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY memberships_scope ON memberships
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));

ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspaces_scope ON workspaces
    USING ((SELECT hastecrm_is_system()) OR id = (SELECT hastecrm_workspace()));

-- The audit log only grows: a workspace may add and read, nobody but the system's retention may take away.
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_log_read ON audit_log FOR SELECT
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));
CREATE POLICY audit_log_add ON audit_log FOR INSERT
    WITH CHECK ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));
CREATE POLICY audit_log_retention ON audit_log FOR DELETE USING ((SELECT hastecrm_is_system()));
