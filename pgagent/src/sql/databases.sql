/* bitville-pgagent */
SELECT d.datname::text AS name, s.xact_commit, s.xact_rollback, s.blks_hit, s.blks_read, s.tup_returned,
       s.tup_inserted + s.tup_updated + s.tup_deleted AS tup_written, s.temp_files, s.temp_bytes, s.deadlocks,
       s.conflicts, (1000 * s.blk_read_time)::int8 AS read_us, (1000 * s.blk_write_time)::int8 AS write_us,
       pg_catalog.age(d.datfrozenxid)::int8 AS frozen_age
  FROM pg_catalog.pg_stat_database AS s
  JOIN pg_catalog.pg_database AS d ON d.oid = s.datid
 WHERE NOT d.datistemplate
 ORDER BY s.xact_commit + s.xact_rollback DESC
 LIMIT 50
