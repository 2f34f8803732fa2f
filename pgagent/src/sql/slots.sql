/* bitville-pgagent */
SELECT s.slot_name::text AS name, s.active AS is_active,
       pg_catalog.pg_wal_lsn_diff(
         CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
              ELSE pg_catalog.pg_current_wal_lsn() END, s.restart_lsn)::int8 AS retained_bytes
  FROM pg_catalog.pg_get_replication_slots() AS s
 ORDER BY 1
 LIMIT 20
