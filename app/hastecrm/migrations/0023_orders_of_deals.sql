-- phase: expand
-- compatible-from: 5
-- transaction: none
-- What deals are sorted by, beside their value, their date and their age.

CREATE INDEX CONCURRENTLY deals_by_title ON deals (workspace_id, title, id) WHERE deleted_at IS NULL;
CREATE INDEX CONCURRENTLY deals_changed ON deals (workspace_id, updated_at, id) WHERE deleted_at IS NULL;
