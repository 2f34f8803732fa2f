-- The database role of bitville-pgagent: may look at everything that PostgreSQL says about itself,
-- may change nothing, and can't become a burden. Run once per cluster, as a superuser:
--
--     psql -X -v ON_ERROR_STOP=1 -d postgres -f pgagent-role.sql
--
-- then give it a password (\password pgagent), or let pg_hba.conf name how it comes in.

-- Two sessions are its whole appetite: one that works, and a spare to cancel or to reconnect with.
CREATE ROLE pgagent LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 2;

-- All sessions' statements, the settings, the list of log files; no table's rows.
GRANT pg_monitor TO pgagent;

-- The server itself ends what takes too long, whatever has become of the agent.
ALTER ROLE pgagent SET statement_timeout = '2s';
ALTER ROLE pgagent SET lock_timeout = '100ms';
ALTER ROLE pgagent SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE pgagent SET default_transaction_read_only = on;
ALTER ROLE pgagent SET jit = off;
ALTER ROLE pgagent SET max_parallel_workers_per_gather = 0;

-- The watcher must not fill the logs and the statistics that it watches. The extension's name is
-- taken as a placeholder where pg_stat_statements is not loaded.
ALTER ROLE pgagent SET log_min_duration_statement = -1;
ALTER ROLE pgagent SET log_lock_waits = off;
ALTER ROLE pgagent SET pg_stat_statements.track = 'none';
