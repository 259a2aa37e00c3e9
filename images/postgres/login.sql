-- Makes one user who may sign in with its password and works as the owner; a second run changes nothing.
-- The password travels by a file and never stands in an argument or a log line.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET client_min_messages = warning;
\set owner `printf %s "$POSTGRES_USER"`
\set user `cat "$USERNAME_FILE"`
\set password `cat "$PASSWORD_FILE"`
BEGIN;
SELECT format('CREATE ROLE %I', :'user') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
ALTER ROLE :"user" LOGIN PASSWORD :'password';
-- Whatever such a user makes belongs to the owner, so that users come and go and tables stay.
SELECT format(statement, :'user', :'owner') FROM (VALUES
    ('GRANT %2$I TO %1$I'), ('ALTER ROLE %1$I SET role TO %2$I'), ('COMMENT ON ROLE %I IS ''of the mounted credentials''')
) AS made (statement) WHERE :'user' <> :'owner' \gexec
COMMIT;
