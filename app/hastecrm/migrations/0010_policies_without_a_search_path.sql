-- phase: expand
-- compatible-from: 5
-- The policies' functions no longer look for one another in the search path: pg_dump and pg_restore empty it, so
-- a dump with row-level security could not be taken. They answer as before.

CREATE OR REPLACE FUNCTION hastecrm_may_write() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(current_setting('hastecrm.system', true), '') = 'on'
        OR coalesce(current_setting('hastecrm.role', true), '') IN ('owner', 'admin', 'member') $$;
CREATE OR REPLACE FUNCTION hastecrm_may_manage() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT coalesce(current_setting('hastecrm.system', true), '') = 'on'
        OR coalesce(current_setting('hastecrm.role', true), '') IN ('owner', 'admin') $$;
