-- phase: expand
-- compatible-from: 5
-- Webhooks, what is on its way to them, and the trigger that makes jobs of events.

CREATE TABLE webhooks (
    id              uuid PRIMARY KEY,
    workspace_id    uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    url             text NOT NULL CHECK (length(url) BETWEEN 1 AND 500),
    events          text[] NOT NULL CHECK (cardinality(events) <= 50),
    active          boolean NOT NULL DEFAULT true,
    disabled_reason text CHECK (length(disabled_reason) <= 500),
    failing_since   timestamptz,
    paused_until    timestamptz,  -- while a receiver fails, nothing is sent before
    secret          bytea,  -- sealed; absent: nothing is sent yet
    previous_secret bytea,  -- signs, too, until then
    previous_until  timestamptz,
    created_by      uuid REFERENCES users (id) ON DELETE SET NULL,
    version         integer NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhooks_key UNIQUE (workspace_id, id)
);
CREATE INDEX webhooks_newest ON webhooks (workspace_id, created_at DESC, id DESC);
CREATE INDEX webhooks_by_name ON webhooks (workspace_id, name, id);
CREATE INDEX webhooks_of ON webhooks (created_by) WHERE created_by IS NOT NULL;
SELECT hastecrm_walled('webhooks', false, 'hastecrm_may_manage');
SELECT hastecrm_versioned('webhooks');

CREATE TABLE webhook_deliveries (
    id              uuid PRIMARY KEY,
    workspace_id    uuid NOT NULL,
    webhook_id      uuid NOT NULL,
    event_id        uuid NOT NULL,  -- the entry of the audit log
    event           text NOT NULL CHECK (length(event) BETWEEN 1 AND 100),
    status          text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'failed', 'dropped')),
    attempts        integer NOT NULL DEFAULT 0,
    since           timestamptz NOT NULL DEFAULT now(),
    response_status integer,
    duration_ms     integer,
    error           text CHECK (length(error) <= 2000),
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempted_at    timestamptz,
    next_attempt_at timestamptz,
    CONSTRAINT webhook_deliveries_webhook FOREIGN KEY (workspace_id, webhook_id)
        REFERENCES webhooks (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (workspace_id, webhook_id, created_at DESC, id DESC);
-- What is looked for among many that arrived.
CREATE INDEX webhook_deliveries_unfinished ON webhook_deliveries (workspace_id, webhook_id, status, created_at DESC, id DESC)
    WHERE status <> 'delivered';
CREATE INDEX webhook_deliveries_oldest ON webhook_deliveries (created_at);
ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
-- The trigger adds rows for whoever changes a record, whatever else they may do.
CREATE POLICY webhook_deliveries_scope ON webhook_deliveries
    USING ((SELECT hastecrm_is_system()) OR workspace_id = (SELECT hastecrm_workspace()));
CREATE POLICY webhook_deliveries_change ON webhook_deliveries AS RESTRICTIVE FOR UPDATE
    USING ((SELECT hastecrm_may_manage()));
CREATE POLICY webhook_deliveries_remove ON webhook_deliveries AS RESTRICTIVE FOR DELETE
    USING ((SELECT hastecrm_may_manage()));

-- The audit log is written with each change, in its transaction: what must follow from an event is queued there.
CREATE FUNCTION hastecrm_events_to_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Most workspaces have none: for them this is all, half the cost of the statement below.
    IF NOT EXISTS (SELECT FROM added JOIN webhooks USING (workspace_id)) THEN
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
    SELECT gen_random_uuid(), 'deliver_webhook', jsonb_build_object('delivery', id), request_id FROM wanted;
    IF FOUND THEN
        PERFORM pg_notify('hastecrm_jobs', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_to_jobs AFTER INSERT ON audit_log REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_events_to_jobs();
