/* bitville-pgagent */
SELECT s.name, s.setting, s.boot_val,
       s.source IN ('user', 'database user', 'client', 'session') AS is_own,
       pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE') AS may_read_files
  FROM pg_catalog.pg_show_all_settings() AS s
 WHERE s.name = ANY ($1::text[])
