/* bitville-pgagent */
SELECT clock_timestamp() AS now, a.pid, a.leader_pid, a.datid, a.usesysid, a.application_name,
       host(a.client_addr) AS client, a.backend_start, a.xact_start, a.query_start, a.state_change,
       a.wait_event_type, a.wait_event, a.state, a.query_id, a.backend_type,
       CASE WHEN a.state IS DISTINCT FROM 'idle' THEN left(a.query, $1) END AS query,
       CASE WHEN a.state IS DISTINCT FROM 'idle' THEN octet_length(a.query) END AS query_bytes
  FROM pg_catalog.pg_stat_get_activity(NULL) AS a
 WHERE a.pid <> pg_catalog.pg_backend_pid()
