-- phase: expand
-- compatible-from: 5
-- Companies, tags, fields that a workspace adds itself, and saved views; contacts know their company and more.

-- Row-level security for a table of records: one line in the migration that makes it. Owned records are shown to
-- those who see their owner, others to the whole workspace; `writers` says who may add, change and remove.
CREATE FUNCTION hastecrm_walled(walled regclass, is_owned boolean, writers text DEFAULT 'hastecrm_may_write')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    whose text := CASE WHEN is_owned THEN
        ' AND ((SELECT hastecrm_sees_all()) OR owner_id = ANY ((SELECT hastecrm_owners())::uuid[]))' ELSE '' END;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY %s_scope ON %s USING ((SELECT hastecrm_is_system()) '
                   'OR (workspace_id = (SELECT hastecrm_workspace())%s))', walled, walled, whose);
    EXECUTE format('CREATE POLICY %s_add ON %s AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT %s()))',
                   walled, walled, writers);
    EXECUTE format('CREATE POLICY %s_change ON %s AS RESTRICTIVE FOR UPDATE USING ((SELECT %s()))',
                   walled, walled, writers);
    EXECUTE format('CREATE POLICY %s_remove ON %s AS RESTRICTIVE FOR DELETE USING ((SELECT %s()))',
                   walled, walled, writers);
END $$;

CREATE TABLE tags (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    colour       text NOT NULL DEFAULT '#6B7280' CHECK (colour ~ '^#[0-9A-F]{6}$'),
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tags_key UNIQUE (workspace_id, id)
);
CREATE UNIQUE INDEX tags_name_unique ON tags (workspace_id, lower(name));
CREATE INDEX tags_by_name ON tags (workspace_id, name, id);
CREATE INDEX tags_newest ON tags (workspace_id, created_at DESC, id DESC);
SELECT hastecrm_walled('tags', false);
SELECT hastecrm_versioned('tags');

-- Which records have a tag. The records' own arrays are what is shown and written; this is how few are found
-- among many, which an index over the arrays cannot do under row-level security (its operators are not leakproof).
CREATE TABLE record_tags (
    workspace_id uuid NOT NULL,
    tag_id       uuid NOT NULL,
    record_id    uuid NOT NULL,
    PRIMARY KEY (workspace_id, tag_id, record_id),
    CONSTRAINT record_tags_tag FOREIGN KEY (workspace_id, tag_id) REFERENCES tags (workspace_id, id) ON DELETE CASCADE
);
SELECT hastecrm_walled('record_tags', false);

CREATE FUNCTION hastecrm_keep_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM record_tags
        WHERE workspace_id = OLD.workspace_id AND tag_id = ANY (OLD.tags) AND record_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO record_tags SELECT NEW.workspace_id, tag, NEW.id FROM unnest(NEW.tags) AS tag;
    END IF;
    RETURN NULL;
END $$;

-- For a table that has `tags`: one line in the migration that makes it.
CREATE FUNCTION hastecrm_tagged(watched regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER tag_inserted AFTER INSERT ON %s FOR EACH ROW WHEN (NEW.tags <> ''{}'') '
                   'EXECUTE FUNCTION hastecrm_keep_tags()', watched);
    EXECUTE format('CREATE TRIGGER tag_updated AFTER UPDATE OF tags ON %s FOR EACH ROW '
                   'WHEN (OLD.tags <> NEW.tags) EXECUTE FUNCTION hastecrm_keep_tags()', watched);
    EXECUTE format('CREATE TRIGGER tag_deleted AFTER DELETE ON %s FOR EACH ROW WHEN (OLD.tags <> ''{}'') '
                   'EXECUTE FUNCTION hastecrm_keep_tags()', watched);
END $$;

CREATE TABLE companies (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    domain       text CHECK (length(domain) <= 253),
    website      text CHECK (length(website) <= 500),
    phone        text CHECK (length(phone) <= 40),
    industry     text CHECK (length(industry) <= 100),
    size         text CHECK (size IN ('1-10', '11-50', '51-200', '201-500', '501-1000', '1001-5000', '5001+')),
    address      text CHECK (length(address) <= 300),
    postal_code  text CHECK (length(postal_code) <= 20),
    city         text CHECK (length(city) <= 100),
    region       text CHECK (length(region) <= 100),
    country      text CHECK (length(country) <= 100),
    description  text CHECK (length(description) <= 5000),
    owner_id     uuid,
    tags         uuid[] NOT NULL DEFAULT '{}',
    custom       jsonb NOT NULL DEFAULT '{}',
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT companies_key UNIQUE (workspace_id, id),
    CONSTRAINT companies_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE SET NULL (owner_id)
);
CREATE UNIQUE INDEX companies_domain_unique ON companies (workspace_id, domain) WHERE deleted_at IS NULL;
CREATE INDEX companies_newest ON companies (workspace_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX companies_owned ON companies (workspace_id, owner_id, created_at DESC, id DESC);
CREATE INDEX companies_by_name ON companies (workspace_id, name, id) WHERE deleted_at IS NULL;
CREATE INDEX companies_changed ON companies (workspace_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX companies_deleted ON companies (workspace_id, deleted_at, id) WHERE deleted_at IS NOT NULL;
SELECT hastecrm_walled('companies', true);
SELECT hastecrm_versioned('companies');
SELECT hastecrm_tagged('companies');

ALTER TABLE contacts
    ADD COLUMN company_id uuid,
    ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'archived')),
    ADD COLUMN source text CHECK (length(source) <= 60),
    ADD COLUMN city text CHECK (length(city) <= 100),
    ADD COLUMN country text CHECK (length(country) <= 100),
    ADD COLUMN score integer NOT NULL DEFAULT 0,
    ADD COLUMN last_activity_at timestamptz,
    ADD COLUMN tags uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN custom jsonb NOT NULL DEFAULT '{}';
ALTER TABLE contacts ADD CONSTRAINT contacts_company FOREIGN KEY (workspace_id, company_id)
    REFERENCES companies (workspace_id, id) ON DELETE SET NULL (company_id) NOT VALID;
SELECT hastecrm_tagged('contacts');

CREATE TABLE custom_fields (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    entity       text NOT NULL CHECK (entity IN ('contact', 'company', 'deal')),
    key          text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    label        text NOT NULL CHECK (length(label) BETWEEN 1 AND 100),
    type         text NOT NULL CHECK (type IN ('text', 'number', 'date', 'boolean', 'select', 'multiselect')),
    options      text[] NOT NULL DEFAULT '{}',
    required     boolean NOT NULL DEFAULT false,
    position     integer NOT NULL DEFAULT 0,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT custom_fields_key_unique UNIQUE (workspace_id, entity, key)
);
CREATE INDEX custom_fields_newest ON custom_fields (workspace_id, created_at DESC, id DESC);
CREATE INDEX custom_fields_placed ON custom_fields (workspace_id, position, id);
SELECT hastecrm_walled('custom_fields', false, 'hastecrm_may_manage');
SELECT hastecrm_versioned('custom_fields');

CREATE TABLE saved_views (
    id           uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    entity       text NOT NULL CHECK (length(entity) BETWEEN 1 AND 40),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    filter       text NOT NULL DEFAULT '' CHECK (length(filter) <= 2000),
    order_by     text NOT NULL DEFAULT '' CHECK (length(order_by) <= 100),
    columns      text[] NOT NULL DEFAULT '{}',
    shared       boolean NOT NULL DEFAULT false,
    owner_id     uuid,
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT saved_views_owner FOREIGN KEY (workspace_id, owner_id)
        REFERENCES memberships (workspace_id, user_id) ON DELETE CASCADE
);
CREATE INDEX saved_views_newest ON saved_views (workspace_id, created_at DESC, id DESC);
CREATE INDEX saved_views_by_name ON saved_views (workspace_id, name, id);
CREATE INDEX saved_views_owned ON saved_views (workspace_id, owner_id);
SELECT hastecrm_walled('saved_views', false);
SELECT hastecrm_versioned('saved_views');
