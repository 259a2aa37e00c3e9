-- phase: expand
-- compatible-from: 5
-- Automations, their log, and the trigger on the audit log that starts them, too.

CREATE TABLE automations (
    id            uuid PRIMARY KEY,
    workspace_id  uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    trigger       text NOT NULL CHECK (length(trigger) BETWEEN 1 AND 40),
    stage_id      uuid,
    days          integer NOT NULL DEFAULT 30 CHECK (days BETWEEN 1 AND 3650),
    filter        text NOT NULL DEFAULT '' CHECK (length(filter) <= 1800),
    actions       text[] NOT NULL CHECK (cardinality(actions) BETWEEN 1 AND 10),
    delay_minutes integer NOT NULL DEFAULT 0 CHECK (delay_minutes BETWEEN 0 AND 43200),
    active        boolean NOT NULL DEFAULT true,
    created_by    uuid REFERENCES users (id) ON DELETE CASCADE,  -- with whose rights; absent: the installation's
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT automations_key UNIQUE (workspace_id, id)
);
CREATE INDEX automations_newest ON automations (workspace_id, created_at DESC, id DESC);
CREATE INDEX automations_by_name ON automations (workspace_id, name, id);
CREATE INDEX automations_of ON automations (created_by) WHERE created_by IS NOT NULL;
SELECT hastecrm_walled('automations', false, 'hastecrm_may_manage');
SELECT hastecrm_versioned('automations');

CREATE TABLE automation_runs (
    id            uuid PRIMARY KEY,
    workspace_id  uuid NOT NULL,
    automation_id uuid NOT NULL,
    deal_id       uuid NOT NULL,
    event_id      uuid NOT NULL,
    depth         integer NOT NULL,
    status        text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'success', 'failed', 'skipped')),
    reason        text CHECK (length(reason) <= 500),
    created_at    timestamptz NOT NULL DEFAULT now(),
    ended_at      timestamptz,
    CONSTRAINT automation_runs_automation FOREIGN KEY (workspace_id, automation_id)
        REFERENCES automations (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX automation_runs_once ON automation_runs (automation_id, event_id);
CREATE INDEX automation_runs_newest ON automation_runs (workspace_id, automation_id, created_at DESC, id DESC);
CREATE INDEX automation_runs_recent ON automation_runs (workspace_id, created_at);
CREATE INDEX automation_runs_oldest ON automation_runs (created_at);
ALTER TABLE automation_runs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- A run is ended with the rights of whoever made its automation, who may manage it no more.
CREATE POLICY automation_runs_scope ON automation_runs
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));
CREATE POLICY automation_runs_change ON automation_runs AS RESTRICTIVE FOR UPDATE
    USING ((SELECT hastecrm_may_write()));
CREATE POLICY automation_runs_remove ON automation_runs AS RESTRICTIVE FOR DELETE
    USING ((SELECT hastecrm_may_manage()));

CREATE OR REPLACE FUNCTION hastecrm_events_to_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Most workspaces have none: for them this is all, half the cost of the statements below.
    IF NOT EXISTS (SELECT FROM added JOIN webhooks USING (workspace_id))
        AND NOT EXISTS (SELECT FROM added JOIN automations USING (workspace_id)) THEN
        RETURN NULL;
    END IF;
    WITH wanted AS MATERIALIZED (
        SELECT gen_random_uuid() AS id, hook.workspace_id, hook.id AS webhook_id, event.id AS event_id, action, request_id
        FROM added AS event JOIN webhooks AS hook ON hook.workspace_id = event.workspace_id AND hook.active
            AND hook.events && ARRAY[event.action, event.entity || '.*']
        WHERE event.entity_id IS NOT NULL
    ), noted AS (
        INSERT INTO webhook_deliveries (id, workspace_id, webhook_id, event_id, event, next_attempt_at)
        SELECT id, workspace_id, webhook_id, event_id, action, now() FROM wanted
    )
    INSERT INTO jobs (id, kind, payload, request_id)
    SELECT gen_random_uuid(), 'deliver_webhook', jsonb_build_object('delivery', id), request_id FROM wanted
    UNION ALL
    -- How many automations have started each other is told by the one that runs (features/automations/running.py).
    SELECT gen_random_uuid(), 'start_automations', jsonb_build_object('workspace', workspace_id, 'event', id,
        'depth', coalesce(nullif(current_setting('hastecrm.depth', true), '')::integer, 0)), request_id
    FROM added WHERE action IN ('deal.created', 'deal.changed', 'deal.moved') AND entity_id IS NOT NULL
        AND EXISTS (SELECT FROM automations WHERE automations.workspace_id = added.workspace_id AND active);
    IF FOUND THEN
        PERFORM pg_notify('hastecrm_jobs', '');
    END IF;
    RETURN NULL;
END $$;
