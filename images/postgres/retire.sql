-- Removes who may sign in without being named in the mounted credentials, once no session of theirs is left; says so
-- if some are. Only users that login.sql made are removed; the owner, whose tables stay, is locked instead.
SET client_min_messages = warning;
\set owner `printf %s "$POSTGRES_USER"`
\set named `cat "$NAMES_FILE"`
CREATE TEMPORARY VIEW unnamed AS
SELECT rolname, EXISTS (SELECT FROM pg_stat_activity WHERE usesysid = pg_roles.oid) AS used FROM pg_roles
 WHERE rolcanlogin AND (rolname = :'owner' OR shobj_description(oid, 'pg_authid') = 'of the mounted credentials')
   AND rolname <> ALL (string_to_array(:'named', E'\n'));
SELECT CASE rolname WHEN :'owner' THEN format('ALTER ROLE %I NOLOGIN PASSWORD NULL', rolname)
       ELSE format('DROP ROLE %I', rolname) END FROM unnamed WHERE NOT used \gexec
SELECT 'still in use, removed when the last session ends: ' || string_agg(rolname, ', ') FROM unnamed
HAVING count(*) > 0;
