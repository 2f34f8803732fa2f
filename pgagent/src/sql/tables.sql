/* bitville-pgagent */
WITH t AS (
  SELECT c.oid, CASE WHEN n.nspname = 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END AS name,
         pg_catalog.pg_stat_get_live_tuples(c.oid) AS live_rows,
         pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead_rows,
         pg_catalog.pg_stat_get_numscans(c.oid) AS scans,
         pg_catalog.pg_stat_get_tuples_returned(c.oid) AS rows_read
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), worth AS (
  (SELECT t.* FROM t WHERE t.dead_rows >= 1000 ORDER BY t.dead_rows DESC LIMIT 20)
  UNION
  (SELECT t.* FROM t WHERE t.live_rows >= 1000 ORDER BY t.rows_read DESC LIMIT 50)
)
SELECT w.oid, w.name, w.live_rows, w.dead_rows, w.scans, w.rows_read,
       (SELECT sum(pg_catalog.pg_stat_get_numscans(i.indexrelid))::int8
          FROM pg_catalog.pg_index AS i WHERE i.indrelid = w.oid) AS index_scans,
       greatest(pg_catalog.pg_stat_get_last_vacuum_time(w.oid),
                pg_catalog.pg_stat_get_last_autovacuum_time(w.oid)) AS vacuumed,
       greatest(pg_catalog.pg_stat_get_last_analyze_time(w.oid),
                pg_catalog.pg_stat_get_last_autoanalyze_time(w.oid)) AS analyzed
  FROM worth AS w
