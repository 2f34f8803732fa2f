/* bitville-pgagent */
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
            ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::int8 END AS wal_bytes,
       c.checkpoints_timed AS timed, c.checkpoints_req AS requested,
       (1000 * c.checkpoint_write_time)::int8 AS write_us, (1000 * c.checkpoint_sync_time)::int8 AS sync_us,
       c.buffers_checkpoint AS buffers
  FROM pg_catalog.pg_stat_bgwriter AS c
