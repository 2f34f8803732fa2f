/* bitville-pgagent */
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
            ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::int8 END AS wal_bytes,
       c.num_timed AS timed, c.num_requested AS requested,
       (1000 * c.write_time)::int8 AS write_us, (1000 * c.sync_time)::int8 AS sync_us,
       c.buffers_written AS buffers
  FROM pg_catalog.pg_stat_checkpointer AS c
