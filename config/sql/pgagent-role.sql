-- The database role of bitville-pgagent: may look at everything that PostgreSQL says about itself,
-- may change nothing, and can't become a burden. Run as a superuser, once per cluster; running it
-- again brings an existing role to this state.
--
--     psql -X -v ON_ERROR_STOP=1 -d shop -f pgagent-role.sql
--
-- Run it in the database that the agent connects to: the extension pg_stat_statements, if it is there, is
-- opened to the role. Run it again when the extension has been created later.
-- Variables, each optional, given with -v:
--     role=pgagent               the role's name
--     password_file=/etc/…       a file whose one line is the role's password; without it the
--                                password stays as it is (peer authentication needs none)
--     database=shop              the database that the agent connects to, where PUBLIC may not
-- The password is never an argument: the process list is open to everybody on the machine.

\if :{?role}
\else
    \set role pgagent
\endif

-- Neither the server's log nor pg_stat_statements shall keep the password from the lines below.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET pg_stat_statements.track = 'none';

SELECT format('CREATE ROLE %I', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :'role') \gexec

-- Two sessions are its whole appetite: the one that works, and the one that follows it while the
-- server has not yet seen the first one leave.
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT
    CONNECTION LIMIT 2;

\if :{?password_file}
    \set password `cat :'password_file'`
    ALTER ROLE :"role" PASSWORD :'password';
\endif

-- All sessions' statements, the settings, the list of log files; no table's rows.
GRANT pg_monitor TO :"role";

-- What the server's files set, for the settings that the role itself has otherwise (below). The settings are
-- pg_monitor's to see already.
GRANT EXECUTE ON FUNCTION pg_catalog.pg_show_all_file_settings() TO :"role";

-- From PostgreSQL 16 on the agent may keep a slot of `reserved_connections` while others find the
-- server full.
SELECT format('GRANT pg_use_reserved_connections TO %I', :'role')
 WHERE current_setting('server_version_num')::int >= 160000 \gexec

\if :{?database}
    GRANT CONNECT ON DATABASE :"database" TO :"role";
\endif

-- What statements cost in all; whose they are and what they say is covered by pg_monitor.
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, :'role')
  FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'pg_stat_statements' \gexec

-- The server itself ends what takes too long, whatever has become of the agent.
ALTER ROLE :"role" SET statement_timeout = '2s';
ALTER ROLE :"role" SET lock_timeout = '100ms';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE :"role" SET default_transaction_read_only = on;
ALTER ROLE :"role" SET jit = off;
ALTER ROLE :"role" SET max_parallel_workers_per_gather = 0;

-- The watcher must not fill the logs and the statistics that it watches. Names of extensions are
-- taken as placeholders where the extension is not loaded.
ALTER ROLE :"role" SET log_statement = 'none';
ALTER ROLE :"role" SET log_min_duration_statement = -1;
ALTER ROLE :"role" SET log_lock_waits = off;
ALTER ROLE :"role" SET pg_stat_statements.track = 'none';
ALTER ROLE :"role" SET auto_explain.log_min_duration = -1;
