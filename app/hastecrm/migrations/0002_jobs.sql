-- phase: expand
-- compatible-from: 1
-- The job queue. A job that is done is deleted, so the table holds only what is waiting, running or dead.

CREATE TABLE jobs (
    id         uuid PRIMARY KEY,
    kind       text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    payload    jsonb NOT NULL,
    priority   smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -1 AND 1),
    unique_key text CHECK (length(unique_key) BETWEEN 1 AND 200),
    -- While the job waits: when it may begin. While it runs: when its lease ends. So a job whose worker died
    -- becomes due again by itself, and one index finds both.
    run_at     timestamptz NOT NULL DEFAULT now(),
    lease      uuid,
    attempt    integer NOT NULL DEFAULT 0,
    request_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    error      text,
    dead_at    timestamptz
) WITH (
    -- Every job is written about three times and then deleted: clean up often, in small portions.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 5000
);

-- Claiming: one descent for each kind and priority, whatever waits behind or is due later. Depth and age of
-- the queue are read from it, too. Another index over run_at would tempt the planner to walk all that is due.
CREATE INDEX jobs_claim ON jobs (kind, priority, run_at, id) WHERE dead_at IS NULL;

-- Dead letters: few, counted and removed by age.
CREATE INDEX jobs_dead ON jobs (dead_at) WHERE dead_at IS NOT NULL;

-- One job of a kind and key at a time, waiting or running.
CREATE UNIQUE INDEX jobs_unique_key ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND dead_at IS NULL;

-- What each schedule has started last; the row's lock decides which worker starts a slot.
CREATE TABLE job_schedules (
    name      text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    last_slot timestamptz NOT NULL
);
