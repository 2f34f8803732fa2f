/* bitville-pgagent */
SELECT r.application_name AS name, host(r.client_addr) AS client, r.state, r.sync_state,
       (1000000 * extract(epoch FROM r.replay_lag))::int8 AS replay_lag_us,
       pg_catalog.pg_wal_lsn_diff(
         CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
              ELSE pg_catalog.pg_current_wal_lsn() END, r.replay_lsn)::int8 AS replay_lag_bytes
  FROM pg_catalog.pg_stat_replication AS r
 ORDER BY 1
 LIMIT 20
