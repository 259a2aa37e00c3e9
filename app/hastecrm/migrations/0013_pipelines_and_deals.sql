-- phase: expand
-- compatible-from: 5
-- Pipelines with their stages, the deals in them, how deals moved, and the sums of each stage.

CREATE TABLE pipelines (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    type         text NOT NULL CHECK (type IN ('sales', 'investor', 'recruiting', 'vendor', 'partner', 'custom')),
    is_default   boolean NOT NULL DEFAULT false,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT pipelines_key UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX pipelines_name_unique ON pipelines (workspace_id, lower(name)) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX pipelines_default ON pipelines (workspace_id) WHERE is_default;

CREATE TABLE stages (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL,
    pipeline_id  uuid NOT NULL,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    position     smallint NOT NULL CHECK (position >= 0),  -- from left to right
    probability  smallint NOT NULL CHECK (probability BETWEEN 0 AND 100),
    kind         text NOT NULL DEFAULT 'open' CHECK (kind IN ('open', 'won', 'lost')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stages_key UNIQUE (workspace_id, pipeline_id, id),
    CONSTRAINT stages_pipeline FOREIGN KEY (workspace_id, pipeline_id)
        REFERENCES pipelines (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX stages_name_unique ON stages (workspace_id, pipeline_id, lower(name));

CREATE TABLE deals (
    id               uuid PRIMARY KEY,
    workspace_id     uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    title            text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description      text CHECK (length(description) <= 10000),
    value            numeric(15, 2) NOT NULL DEFAULT 0 CHECK (value >= 0),
    -- What lists are sorted by: comparing numerics is not leakproof, so row-level security keeps it from indexes.
    value_cents      bigint GENERATED ALWAYS AS ((value * 100)::bigint) STORED,
    currency         text NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    probability      smallint NOT NULL DEFAULT 0 CHECK (probability BETWEEN 0 AND 100),
    close_date       date,
    status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'won', 'lost')),
    won_reason       text CHECK (length(won_reason) BETWEEN 1 AND 500),
    lost_reason      text CHECK (length(lost_reason) BETWEEN 1 AND 500),
    pipeline_id      uuid NOT NULL,
    stage_id         uuid NOT NULL,
    -- Where the card lies in its stage: smaller is further up. Compared byte by byte (features/deals/positions.py).
    position         text COLLATE "C" NOT NULL CHECK (length(position) BETWEEN 1 AND 200),
    stage_entered_at timestamptz NOT NULL DEFAULT now(),
    closed_at        timestamptz,
    company_id       uuid,
    owner_id         uuid,
    tags             uuid[] NOT NULL DEFAULT '{}',
    custom           jsonb NOT NULL DEFAULT '{}',
    version          integer NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    deleted_at       timestamptz,
    CONSTRAINT deals_key UNIQUE (workspace_id, id),
    CONSTRAINT deals_closed CHECK ((status = 'open') = (closed_at IS NULL)),
    CONSTRAINT deals_won CHECK ((status = 'won') = (won_reason IS NOT NULL)),
    CONSTRAINT deals_lost CHECK ((status = 'lost') = (lost_reason IS NOT NULL)),
    -- No action: a stage that deals are in stays.
    CONSTRAINT deals_stage FOREIGN KEY (workspace_id, pipeline_id, stage_id)
        REFERENCES stages (workspace_id, pipeline_id, id),
    CONSTRAINT deals_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id),
    CONSTRAINT deals_company FOREIGN KEY (workspace_id, company_id)
        REFERENCES companies (workspace_id, id) ON DELETE SET NULL (company_id)
);
-- A column of the board: its cards from the top, one index scan at any depth; and the same for one owner.
CREATE INDEX deals_board ON deals (workspace_id, stage_id, status, position, id) WHERE deleted_at IS NULL;
CREATE INDEX deals_board_owned ON deals (workspace_id, owner_id, stage_id, status, position, id)
    WHERE deleted_at IS NULL;
CREATE INDEX deals_newest ON deals (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- Whole, so that the foreign keys find what a former member owned and what a company had.
CREATE INDEX deals_owned ON deals (workspace_id, owner_id, created_at DESC, id DESC);
CREATE INDEX deals_company ON deals (workspace_id, company_id, created_at DESC, id DESC);
CREATE INDEX deals_by_value ON deals (workspace_id, value_cents, id) WHERE deleted_at IS NULL;
CREATE INDEX deals_by_close_date ON deals (workspace_id, close_date, id) WHERE deleted_at IS NULL;
CREATE INDEX deals_deleted ON deals (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;

-- The people of a deal; one of them is the primary one.
CREATE TABLE deal_contacts (
    workspace_id uuid NOT NULL,
    deal_id      uuid NOT NULL,
    contact_id   uuid NOT NULL,
    is_primary   boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, deal_id, contact_id),
    CONSTRAINT deal_contacts_deal FOREIGN KEY (workspace_id, deal_id)
        REFERENCES deals (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT deal_contacts_contact FOREIGN KEY (workspace_id, contact_id)
        REFERENCES contacts (workspace_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX deal_contacts_primary ON deal_contacts (workspace_id, deal_id) WHERE is_primary;
CREATE INDEX deal_contacts_of ON deal_contacts (workspace_id, contact_id);

-- Each change of stage or status. Stages are named by id only: one that is gone leaves its trace here.
CREATE TABLE deal_transitions (
    id               uuid PRIMARY KEY,
    workspace_id     uuid NOT NULL,
    deal_id          uuid NOT NULL,
    from_stage_id    uuid,  -- absent: the deal began here
    to_stage_id      uuid NOT NULL,
    status           text NOT NULL CHECK (status IN ('open', 'won', 'lost')),
    seconds_in_stage bigint NOT NULL CHECK (seconds_in_stage >= 0),  -- how long it had been in `from_stage_id`
    reason           text CHECK (length(reason) <= 500),
    actor_id         uuid,
    at               timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deal_transitions_deal FOREIGN KEY (workspace_id, deal_id)
        REFERENCES deals (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX deal_transitions_newest ON deal_transitions (workspace_id, deal_id, at DESC, id DESC);

-- How many deals there are and what they are worth, by stage, status, currency and owner. The sum over the rows
-- of a key counts: a transaction writes into a row that nobody else holds, or into a new one, so that people who
-- move cards of one stage do not wait for each other. `weighted` is value times probability in percent.
CREATE TABLE deal_totals (
    slot         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    stage_id     uuid NOT NULL,
    status       text NOT NULL,
    currency     text NOT NULL,
    owner_id     uuid NOT NULL,  -- all zeros: nobody's
    deals        bigint NOT NULL,
    value        numeric NOT NULL,
    weighted     numeric NOT NULL
) WITH (
    fillfactor = 20,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000
);
CREATE INDEX deal_totals_key ON deal_totals (workspace_id, stage_id, status, currency, owner_id);

SELECT hastecrm_walled('pipelines', false, 'hastecrm_may_manage');
SELECT hastecrm_walled('stages', false, 'hastecrm_may_manage');
SELECT hastecrm_walled('deals', true);
SELECT hastecrm_walled('deal_totals', true);
-- Who sees a deal sees what belongs to it.
SELECT hastecrm_walled('deal_contacts', false);
CREATE POLICY deal_contacts_seen ON deal_contacts AS RESTRICTIVE USING (
    (SELECT hastecrm_is_system()) OR (SELECT hastecrm_sees_all())
    OR EXISTS (SELECT 1 FROM deals WHERE deals.id = deal_contacts.deal_id)
);
-- Like the audit log, transitions are only added.
SELECT hastecrm_walled('deal_transitions', false);
CREATE POLICY deal_transitions_seen ON deal_transitions AS RESTRICTIVE USING (
    (SELECT hastecrm_is_system()) OR (SELECT hastecrm_sees_all())
    OR EXISTS (SELECT 1 FROM deals WHERE deals.id = deal_transitions.deal_id)
);
CREATE POLICY deal_transitions_stay ON deal_transitions AS RESTRICTIVE FOR UPDATE
    USING ((SELECT hastecrm_is_system()));
CREATE POLICY deal_transitions_retention ON deal_transitions AS RESTRICTIVE FOR DELETE
    USING ((SELECT hastecrm_is_system()));

SELECT hastecrm_versioned('pipelines');
SELECT hastecrm_versioned('stages');
SELECT hastecrm_versioned('deals');
SELECT hastecrm_versioned('deal_contacts');
SELECT hastecrm_tagged('deals');

-- Adds to the sums of one key.
CREATE FUNCTION hastecrm_add_to_totals(
    workspace uuid, stage uuid, state text, money text, person uuid, more bigint, worth numeric, weight numeric
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE deal_totals SET deals = deals + more, value = value + worth, weighted = weighted + weight
    WHERE slot = (
        SELECT slot FROM deal_totals
        WHERE workspace_id = workspace AND stage_id = stage AND status = state AND currency = money
            AND owner_id = person
        LIMIT 1 FOR UPDATE SKIP LOCKED
    );
    IF NOT FOUND THEN
        -- A workspace that is just being deleted has no sums any more.
        INSERT INTO deal_totals (workspace_id, stage_id, status, currency, owner_id, deals, value, weighted)
        SELECT id, stage, state, money, person, more, worth, weight FROM workspaces WHERE id = workspace;
    END IF;
END $$;

-- Once for each statement, however many rows it changes; what a statement does not move costs nothing.
CREATE FUNCTION hastecrm_total_deals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        TRUNCATE deal_totals;
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM hastecrm_add_to_totals(workspace_id, stage_id, status, currency, owner, n, worth, weight) FROM (
            SELECT workspace_id, stage_id, status, currency,
                coalesce(owner_id, '00000000-0000-0000-0000-000000000000') AS owner, count(*) AS n,
                sum(value) AS worth, sum(value * probability) AS weight
            FROM now WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4, 5
        ) AS more;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM hastecrm_add_to_totals(workspace_id, stage_id, status, currency, owner, -n, -worth, -weight) FROM (
            SELECT workspace_id, stage_id, status, currency,
                coalesce(owner_id, '00000000-0000-0000-0000-000000000000') AS owner, count(*) AS n,
                sum(value) AS worth, sum(value * probability) AS weight
            FROM before WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4, 5
        ) AS less;
    ELSE
        PERFORM hastecrm_add_to_totals(workspace_id, stage_id, status, currency, owner, n, worth, weight) FROM (
            SELECT workspace_id, stage_id, status, currency,
                coalesce(owner_id, '00000000-0000-0000-0000-000000000000') AS owner, sum(sign)::bigint AS n,
                sum(sign * value) AS worth, sum(sign * value * probability) AS weight
            FROM (
                SELECT workspace_id, stage_id, status, currency, owner_id, value, probability, 1 AS sign
                FROM now WHERE deleted_at IS NULL
                UNION ALL
                SELECT workspace_id, stage_id, status, currency, owner_id, value, probability, -1
                FROM before WHERE deleted_at IS NULL
            ) AS both_states
            GROUP BY 1, 2, 3, 4, 5
        ) AS moved WHERE n <> 0 OR worth <> 0 OR weight <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER total_inserted AFTER INSERT ON deals REFERENCING NEW TABLE AS now
    FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_total_deals();
CREATE TRIGGER total_updated AFTER UPDATE ON deals REFERENCING OLD TABLE AS before NEW TABLE AS now
    FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_total_deals();
CREATE TRIGGER total_deleted AFTER DELETE ON deals REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_total_deals();
CREATE TRIGGER total_truncated AFTER TRUNCATE ON deals
    FOR EACH STATEMENT EXECUTE FUNCTION hastecrm_total_deals();

-- The pipeline that a workspace has from its first moment, whoever makes it, this release or the one before.
CREATE FUNCTION hastecrm_first_pipeline(workspace uuid) RETURNS void LANGUAGE sql AS $$
    WITH pipeline AS (
        INSERT INTO pipelines (id, workspace_id, name, type, is_default)
        VALUES (gen_random_uuid(), workspace, 'Sales', 'sales', true)
        RETURNING id
    )
    INSERT INTO stages (id, workspace_id, pipeline_id, name, position, probability, kind)
    SELECT gen_random_uuid(), workspace, pipeline.id, name, position, probability, kind
    FROM pipeline, (VALUES
        ('Lead', 0, 0, 'open'), ('Qualified', 1, 20, 'open'), ('Proposal', 2, 50, 'open'),
        ('Negotiation', 3, 80, 'open'), ('Closed Won', 4, 100, 'won')
    ) AS stage (name, position, probability, kind)
$$;
CREATE FUNCTION hastecrm_new_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hastecrm_first_pipeline(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER first_pipeline AFTER INSERT ON workspaces
    FOR EACH ROW EXECUTE FUNCTION hastecrm_new_workspace();
SELECT hastecrm_first_pipeline(id) FROM workspaces;
