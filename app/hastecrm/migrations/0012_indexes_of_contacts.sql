-- phase: expand
-- compatible-from: 5
-- transaction: none
-- What contacts are found and sorted by, beside their owner and their age.

CREATE UNIQUE INDEX CONCURRENTLY contacts_key ON contacts (workspace_id, id);
CREATE INDEX CONCURRENTLY contacts_of_company ON contacts (workspace_id, company_id, created_at DESC, id DESC) WHERE company_id IS NOT NULL;
CREATE INDEX CONCURRENTLY contacts_by_name ON contacts (workspace_id, last_name, id) WHERE deleted_at IS NULL;
CREATE INDEX CONCURRENTLY contacts_changed ON contacts (workspace_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX CONCURRENTLY contacts_active ON contacts (workspace_id, last_activity_at, id) WHERE deleted_at IS NULL;
CREATE INDEX CONCURRENTLY contacts_by_email ON contacts (workspace_id, email, id) WHERE deleted_at IS NULL AND email IS NOT NULL;
ALTER TABLE contacts VALIDATE CONSTRAINT contacts_company;
