-- phase: contract
-- compatible-from: 5
-- Invitations, owners of records, and roles as part of the second wall. Code older than this names no role to
-- the database, so it could not write: that is why nothing older can live with it.

CREATE TABLE invitations (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    email        text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    role         text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    visibility   text NOT NULL CHECK (visibility IN ('own', 'team', 'all')),
    team_id      uuid,
    token_hash   bytea NOT NULL,  -- SHA-256 of 256 random bits; the token itself is only in the letter
    invited_by   uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    accepted_at  timestamptz,
    revoked_at   timestamptz,
    CONSTRAINT invitations_team FOREIGN KEY (workspace_id, team_id)
        REFERENCES teams (workspace_id, id) ON DELETE SET NULL (team_id)
);
CREATE UNIQUE INDEX invitations_token ON invitations (token_hash);
-- One open invitation for an address; sending it again renews it.
CREATE UNIQUE INDEX invitations_open ON invitations (workspace_id, lower(email))
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_newest ON invitations (workspace_id, created_at DESC, id DESC)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;

CREATE INDEX memberships_newest ON memberships (workspace_id, created_at DESC, user_id DESC);
CREATE INDEX teams_newest ON teams (workspace_id, created_at DESC, id DESC);
CREATE INDEX audit_log_by_actor ON audit_log (workspace_id, actor_id, at DESC, id DESC);
CREATE INDEX audit_log_by_entity ON audit_log (workspace_id, entity_id, at DESC, id DESC);

-- A record belongs to a member of its workspace or to nobody, whoever writes it and whatever happens meanwhile.
ALTER TABLE contacts
    DROP CONSTRAINT contacts_owner_id_fkey,
    ADD CONSTRAINT contacts_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id);

-- Whole instead of only for living contacts, so that the constraint finds what a former member owned.
DROP INDEX contacts_owned;
CREATE INDEX contacts_owned ON contacts (workspace_id, owner_id, created_at DESC, id DESC);

-- The role is said with the rest of the scope. The same table as in core/policy.py, as far as tables know it:
-- who writes records, and who writes what runs a workspace. Restrictive: it takes away, and gives nothing.
CREATE FUNCTION hastecrm_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(current_setting('hastecrm.role', true), '') $$;
CREATE FUNCTION hastecrm_may_write() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT hastecrm_is_system() OR hastecrm_role() IN ('owner', 'admin', 'member') $$;
CREATE FUNCTION hastecrm_may_manage() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT hastecrm_is_system() OR hastecrm_role() IN ('owner', 'admin') $$;

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY invitations_scope ON invitations
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));
CREATE POLICY invitations_readers ON invitations AS RESTRICTIVE FOR SELECT USING ((SELECT hastecrm_may_manage()));
CREATE POLICY audit_log_readers ON audit_log AS RESTRICTIVE FOR SELECT USING ((SELECT hastecrm_may_manage()));

CREATE POLICY contacts_add ON contacts AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT hastecrm_may_write()));
CREATE POLICY contacts_change ON contacts AS RESTRICTIVE FOR UPDATE USING ((SELECT hastecrm_may_write()));
CREATE POLICY contacts_remove ON contacts AS RESTRICTIVE FOR DELETE USING ((SELECT hastecrm_may_write()));
CREATE POLICY teams_add ON teams AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT hastecrm_may_manage()));
CREATE POLICY teams_change ON teams AS RESTRICTIVE FOR UPDATE USING ((SELECT hastecrm_may_manage()));
CREATE POLICY teams_remove ON teams AS RESTRICTIVE FOR DELETE USING ((SELECT hastecrm_may_manage()));
CREATE POLICY memberships_add ON memberships AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT hastecrm_may_manage()));
CREATE POLICY memberships_change ON memberships AS RESTRICTIVE FOR UPDATE USING ((SELECT hastecrm_may_manage()));
CREATE POLICY memberships_remove ON memberships AS RESTRICTIVE FOR DELETE USING ((SELECT hastecrm_may_manage()));
CREATE POLICY invitations_add ON invitations AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT hastecrm_may_manage()));
CREATE POLICY invitations_change ON invitations AS RESTRICTIVE FOR UPDATE USING ((SELECT hastecrm_may_manage()));
CREATE POLICY invitations_remove ON invitations AS RESTRICTIVE FOR DELETE USING ((SELECT hastecrm_may_manage()));
CREATE POLICY workspaces_change ON workspaces AS RESTRICTIVE FOR UPDATE USING ((SELECT hastecrm_may_manage()));
-- Making one belongs to no workspace, and ending one is a mark that the worker follows: both are the system's.
CREATE POLICY workspaces_add ON workspaces AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT hastecrm_is_system()));
CREATE POLICY workspaces_remove ON workspaces AS RESTRICTIVE FOR DELETE USING ((SELECT hastecrm_is_system()));
