-- phase: expand
-- compatible-from: 5
-- Imports: files that become records, row by row, in the background.

CREATE TABLE imports (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    entity       text NOT NULL CHECK (length(entity) BETWEEN 1 AND 40),
    strategy     text NOT NULL DEFAULT 'both' CHECK (strategy IN ('create', 'update', 'both')),
    empty        text NOT NULL DEFAULT 'keep' CHECK (empty IN ('keep', 'clear')),
    mapping      text[] NOT NULL DEFAULT '{}',
    columns      text[] NOT NULL DEFAULT '{}',
    encoding     text CHECK (length(encoding) <= 20),
    delimiter    text CHECK (length(delimiter) <= 1),
    file_id      uuid,
    state        text NOT NULL DEFAULT 'draft' CHECK (state IN (
        'draft', 'ready', 'queued', 'running', 'checked', 'done', 'failed', 'cancelled')),
    dry_run      boolean NOT NULL DEFAULT false,
    problem      text CHECK (length(problem) <= 1000),
    total        integer NOT NULL DEFAULT 0,
    done         integer NOT NULL DEFAULT 0,
    created      integer NOT NULL DEFAULT 0,
    updated      integer NOT NULL DEFAULT 0,
    unchanged    integer NOT NULL DEFAULT 0,
    skipped      integer NOT NULL DEFAULT 0,
    refused      integer NOT NULL DEFAULT 0,
    started_at   timestamptz,
    ended_at     timestamptz,
    owner_id     uuid,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT imports_key UNIQUE (workspace_id, id),
    CONSTRAINT imports_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id),
    CONSTRAINT imports_file FOREIGN KEY (workspace_id, file_id)
        REFERENCES files (workspace_id, id) ON DELETE SET NULL (file_id)
);
CREATE INDEX imports_newest ON imports (workspace_id, created_at DESC, id DESC);
CREATE INDEX imports_owned ON imports (workspace_id, owner_id, created_at DESC, id DESC);
CREATE INDEX imports_files ON imports (workspace_id, file_id);
SELECT hastecrm_walled('imports', true);
SELECT hastecrm_versioned('imports');
CREATE TRIGGER keep_files AFTER INSERT OR UPDATE OF file_id OR DELETE ON imports
    FOR EACH ROW EXECUTE FUNCTION hastecrm_keep_files();

-- What an import did: which records it made (before is null), and what others had before it.
CREATE TABLE import_changes (
    workspace_id uuid NOT NULL,
    import_id    uuid NOT NULL,
    record_id    uuid NOT NULL,
    version      integer NOT NULL,
    before       jsonb,
    PRIMARY KEY (import_id, record_id),
    CONSTRAINT import_changes_import FOREIGN KEY (workspace_id, import_id)
        REFERENCES imports (workspace_id, id) ON DELETE CASCADE
);
SELECT hastecrm_walled('import_changes', false);

-- The rows that were not taken: each problem, and the cells as they came.
CREATE TABLE import_errors (
    workspace_id uuid NOT NULL,
    import_id    uuid NOT NULL,
    row          integer NOT NULL,
    problems     jsonb NOT NULL,
    cells        jsonb NOT NULL,
    PRIMARY KEY (import_id, row),
    CONSTRAINT import_errors_import FOREIGN KEY (workspace_id, import_id)
        REFERENCES imports (workspace_id, id) ON DELETE CASCADE
);
SELECT hastecrm_walled('import_errors', false);
