-- phase: expand
-- compatible-from: 5
-- What people do for a contact, a company or a deal: activities, tasks and notes. The timeline of a record is
-- three index scans, merged (features/timeline).

CREATE TABLE activities (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    type         text NOT NULL CHECK (type IN ('call', 'meeting', 'email', 'message', 'demo', 'lunch', 'other')),
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description  text CHECK (length(description) <= 10000),
    occurred_at  timestamptz NOT NULL DEFAULT now(),
    minutes      integer CHECK (minutes BETWEEN 0 AND 100000),
    contact_id   uuid,
    company_id   uuid,
    deal_id      uuid,
    owner_id     uuid,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT activities_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id),
    CONSTRAINT activities_contact FOREIGN KEY (workspace_id, contact_id)
        REFERENCES contacts (workspace_id, id) ON DELETE SET NULL (contact_id),
    CONSTRAINT activities_company FOREIGN KEY (workspace_id, company_id)
        REFERENCES companies (workspace_id, id) ON DELETE SET NULL (company_id),
    CONSTRAINT activities_deal FOREIGN KEY (workspace_id, deal_id)
        REFERENCES deals (workspace_id, id) ON DELETE SET NULL (deal_id)
);
CREATE INDEX activities_newest ON activities (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX activities_owned ON activities (workspace_id, owner_id, created_at DESC, id DESC);
CREATE INDEX activities_by_time ON activities (workspace_id, occurred_at, id) WHERE deleted_at IS NULL;
CREATE INDEX activities_of_contact ON activities (workspace_id, contact_id, occurred_at DESC, id DESC)
    WHERE contact_id IS NOT NULL;
CREATE INDEX activities_of_company ON activities (workspace_id, company_id, occurred_at DESC, id DESC)
    WHERE company_id IS NOT NULL;
CREATE INDEX activities_of_deal ON activities (workspace_id, deal_id, occurred_at DESC, id DESC)
    WHERE deal_id IS NOT NULL;
CREATE INDEX activities_deleted ON activities (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;
SELECT hastecrm_walled('activities', true);
SELECT hastecrm_versioned('activities');

CREATE TABLE tasks (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description  text CHECK (length(description) <= 10000),
    status       text NOT NULL DEFAULT 'todo' CHECK (status IN ('todo', 'in_progress', 'completed', 'cancelled')),
    priority     text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    due_at       timestamptz,
    reminder_at  timestamptz,
    completed_at timestamptz,
    contact_id   uuid,
    company_id   uuid,
    deal_id      uuid,
    owner_id     uuid,  -- who is to do it
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT tasks_completed CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
    CONSTRAINT tasks_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id),
    CONSTRAINT tasks_contact FOREIGN KEY (workspace_id, contact_id)
        REFERENCES contacts (workspace_id, id) ON DELETE SET NULL (contact_id),
    CONSTRAINT tasks_company FOREIGN KEY (workspace_id, company_id)
        REFERENCES companies (workspace_id, id) ON DELETE SET NULL (company_id),
    CONSTRAINT tasks_deal FOREIGN KEY (workspace_id, deal_id)
        REFERENCES deals (workspace_id, id) ON DELETE SET NULL (deal_id)
);
CREATE INDEX tasks_newest ON tasks (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX tasks_owned ON tasks (workspace_id, owner_id, created_at DESC, id DESC);
CREATE INDEX tasks_due ON tasks (workspace_id, due_at, id) WHERE deleted_at IS NULL;
-- What a reminder looks for: only those that are still to come or to be sent.
CREATE INDEX tasks_to_remind ON tasks (reminder_at, id)
    WHERE deleted_at IS NULL AND reminder_at IS NOT NULL AND completed_at IS NULL;
CREATE INDEX tasks_of_contact ON tasks (workspace_id, contact_id, created_at DESC, id DESC)
    WHERE contact_id IS NOT NULL;
CREATE INDEX tasks_of_company ON tasks (workspace_id, company_id, created_at DESC, id DESC)
    WHERE company_id IS NOT NULL;
CREATE INDEX tasks_of_deal ON tasks (workspace_id, deal_id, created_at DESC, id DESC) WHERE deal_id IS NOT NULL;
CREATE INDEX tasks_deleted ON tasks (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;
SELECT hastecrm_walled('tasks', true);
SELECT hastecrm_versioned('tasks');

CREATE TABLE notes (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    body         text NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
    contact_id   uuid,
    company_id   uuid,
    deal_id      uuid,
    owner_id     uuid,  -- who wrote it
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT notes_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id),
    CONSTRAINT notes_contact FOREIGN KEY (workspace_id, contact_id)
        REFERENCES contacts (workspace_id, id) ON DELETE SET NULL (contact_id),
    CONSTRAINT notes_company FOREIGN KEY (workspace_id, company_id)
        REFERENCES companies (workspace_id, id) ON DELETE SET NULL (company_id),
    CONSTRAINT notes_deal FOREIGN KEY (workspace_id, deal_id)
        REFERENCES deals (workspace_id, id) ON DELETE SET NULL (deal_id)
);
CREATE INDEX notes_newest ON notes (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX notes_owned ON notes (workspace_id, owner_id, created_at DESC, id DESC);
CREATE INDEX notes_of_contact ON notes (workspace_id, contact_id, created_at DESC, id DESC)
    WHERE contact_id IS NOT NULL;
CREATE INDEX notes_of_company ON notes (workspace_id, company_id, created_at DESC, id DESC)
    WHERE company_id IS NOT NULL;
CREATE INDEX notes_of_deal ON notes (workspace_id, deal_id, created_at DESC, id DESC) WHERE deal_id IS NOT NULL;
CREATE INDEX notes_deleted ON notes (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;
SELECT hastecrm_walled('notes', true);
SELECT hastecrm_versioned('notes');

-- Sums are counted by whoever changes a deal, also where its owner is, or becomes, nobody whom they see: when a
-- member leaves, their deals become nobody's. They are read by those only who see the owner, as before.
ALTER POLICY deal_totals_scope ON deal_totals
    WITH CHECK ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));
