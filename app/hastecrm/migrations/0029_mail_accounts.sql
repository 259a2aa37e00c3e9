-- phase: expand
-- compatible-from: 5
-- Mailboxes that are looked into. Their passwords are sealed (core/sealing.py) and belong to one server and user.

CREATE TABLE mail_accounts (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    host         text NOT NULL CHECK (length(host) BETWEEN 1 AND 253),
    port         integer NOT NULL DEFAULT 993 CHECK (port BETWEEN 1 AND 65535),
    encryption   text NOT NULL DEFAULT 'tls' CHECK (encryption IN ('tls', 'starttls')),
    username     text NOT NULL CHECK (length(username) BETWEEN 1 AND 254),
    folder       text NOT NULL DEFAULT 'INBOX' CHECK (length(folder) BETWEEN 1 AND 200),
    enabled      boolean NOT NULL DEFAULT true,
    member_id    uuid,
    password     bytea,
    has_password boolean NOT NULL GENERATED ALWAYS AS (password IS NOT NULL) STORED,
    uid_validity bigint,
    last_uid     bigint,
    failures     integer NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT now(),
    polled_at    timestamptz,
    error        text CHECK (length(error) <= 500),
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    -- Whoever leaves a workspace takes their mailbox along.
    CONSTRAINT mail_accounts_member FOREIGN KEY (workspace_id, member_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);
CREATE INDEX mail_accounts_newest ON mail_accounts (workspace_id, created_at DESC, id DESC);
CREATE INDEX mail_accounts_by_name ON mail_accounts (workspace_id, name, id);
CREATE INDEX mail_accounts_due ON mail_accounts (next_at, id) WHERE enabled AND password IS NOT NULL;
SELECT hastecrm_walled('mail_accounts', false, 'hastecrm_may_manage');
CREATE POLICY mail_accounts_readers ON mail_accounts AS RESTRICTIVE FOR SELECT USING ((SELECT hastecrm_may_manage()));
SELECT hastecrm_versioned('mail_accounts');

-- A password goes to the server that it was given for, as the user that it was given for, and to no other.
CREATE FUNCTION hastecrm_mail_account_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.host, NEW.port, NEW.encryption, NEW.username)
        IS DISTINCT FROM (OLD.host, OLD.port, OLD.encryption, OLD.username) THEN
        NEW.password := NULL;
    END IF;
    NEW.uid_validity := NULL;
    NEW.last_uid := NULL;
    NEW.failures := 0;
    NEW.error := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER account_moved BEFORE UPDATE ON mail_accounts FOR EACH ROW
    WHEN ((NEW.host, NEW.port, NEW.encryption, NEW.username, NEW.folder)
        IS DISTINCT FROM (OLD.host, OLD.port, OLD.encryption, OLD.username, OLD.folder))
    EXECUTE FUNCTION hastecrm_mail_account_moved();
