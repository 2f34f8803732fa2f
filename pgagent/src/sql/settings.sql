/* bitville-pgagent */
SELECT s.name, s.setting
  FROM pg_catalog.pg_show_all_settings() AS s
 WHERE s.name = ANY ($1::text[])
