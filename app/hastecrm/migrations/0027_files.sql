-- phase: expand
-- compatible-from: 5
-- Files of any kind: where they lie and, unless that is a bucket or a directory, their bytes in pieces.

CREATE TABLE files (
    id           uuid PRIMARY KEY,
    -- Without one, it waits for the worker: only that may know a place outside of PostgreSQL.
    workspace_id uuid REFERENCES workspaces (id) ON DELETE SET NULL,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    media_type   text NOT NULL CHECK (length(media_type) <= 100),
    size         bigint,  -- together with the hash: there once the file is whole
    sha256       text,
    place        text NOT NULL CHECK (place IN ('database', 'store')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,  -- none while something refers to it
    CONSTRAINT files_key UNIQUE (workspace_id, id)
);
CREATE INDEX files_ended ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX files_left ON files (id) WHERE workspace_id IS NULL;
SELECT hastecrm_walled('files', false);

CREATE TABLE file_chunks (
    workspace_id uuid NOT NULL,
    file_id      uuid NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    number       integer NOT NULL,
    bytes        bytea NOT NULL,
    PRIMARY KEY (file_id, number)
);
-- Most files are compressed already.
ALTER TABLE file_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
SELECT hastecrm_walled('file_chunks', false);

-- For a table that refers to files: a trigger AFTER INSERT OR UPDATE OF file_id OR DELETE, for each row.
CREATE FUNCTION hastecrm_keep_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE files SET expires_at = now() WHERE workspace_id = OLD.workspace_id AND id = OLD.file_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE files SET expires_at = NULL WHERE workspace_id = NEW.workspace_id AND id = NEW.file_id;
    END IF;
    RETURN NULL;
END $$;
