-- phase: expand
-- compatible-from: 5
-- Templates of mails; activities know what became of a mail, and which one it was.

CREATE TABLE mail_templates (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    subject      text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    body         text NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
    html         text CHECK (length(html) <= 20000),
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_templates_newest ON mail_templates (workspace_id, created_at DESC, id DESC);
CREATE INDEX mail_templates_by_name ON mail_templates (workspace_id, name, id);
SELECT hastecrm_walled('mail_templates', false);
SELECT hastecrm_versioned('mail_templates');

ALTER TABLE activities
    ADD COLUMN direction text CHECK (direction IN ('outgoing', 'incoming')),
    ADD COLUMN mail_status text CHECK (mail_status IN ('queued', 'sent', 'failed', 'received')),
    ADD COLUMN mail_error text CHECK (length(mail_error) <= 500),
    ADD COLUMN message_id text CHECK (length(message_id) <= 500),
    ADD COLUMN thread_id text CHECK (length(thread_id) <= 500);
