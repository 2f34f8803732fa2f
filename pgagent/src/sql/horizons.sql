/* bitville-pgagent */
SELECT h.holder, h.name, h.age
  FROM (
    SELECT CASE a.backend_type WHEN 'walsender' THEN 'replica' ELSE 'session' END AS holder,
           a.pid::text AS name, pg_catalog.age(a.backend_xmin)::int8 AS age
      FROM pg_catalog.pg_stat_get_activity(NULL) AS a
     WHERE a.backend_xmin IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
    UNION ALL
    SELECT 'prepared transaction', p.gid, pg_catalog.age(p.transaction)::int8
      FROM pg_catalog.pg_prepared_xact() AS p
    UNION ALL
    SELECT 'replication slot', s.slot_name::text,
           greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))::int8
      FROM pg_catalog.pg_get_replication_slots() AS s
     WHERE s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL
  ) AS h
 ORDER BY h.age DESC NULLS LAST
 LIMIT 5
