-- Makes the role, its password and its database what the environment says; a second run changes nothing.
-- The password travels by a file and never stands in an argument or a log line.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
\set user `printf %s "$POSTGRES_USER"`
\set database `printf %s "$POSTGRES_DB"`
\set password `cat "$POSTGRES_PASSWORD_FILE"`
SELECT format('CREATE ROLE %I', :'user') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
ALTER ROLE :"user" LOGIN PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'user')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
