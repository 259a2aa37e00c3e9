-- Makes the owner and its database what the environment says; a second run changes nothing.
\set user `printf %s "$POSTGRES_USER"`
\set database `printf %s "$POSTGRES_DB"`
SELECT format('CREATE ROLE %I', :'user') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
-- A restore makes a database beside the one in use, ends the sessions of whoever is in it, and renames both.
ALTER ROLE :"user" CREATEDB;
GRANT pg_signal_backend TO :"user";
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'user')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
