/* bitville-pgagent */
SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid) AS blockers
  FROM unnest($1::int4[]) AS w(pid)
