/* bitville-pgagent */
SELECT pg_catalog.pg_backend_pid() AS pid,
       current_setting('server_version') AS version,
       current_setting('server_version_num')::int4 AS version_number,
       current_setting('max_connections')::int4 AS max_connections,
       pg_catalog.pg_size_bytes(current_setting('track_activity_query_size')) AS query_bytes_max,
       pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all,
       (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database()) AS database
