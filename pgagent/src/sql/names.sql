/* bitville-pgagent */
SELECT 'database' AS kind, d.oid, d.datname::text AS name
  FROM pg_catalog.pg_database AS d WHERE d.oid = ANY ($1::oid[])
UNION ALL
SELECT 'role', r.oid, r.rolname::text
  FROM pg_catalog.pg_roles AS r WHERE r.oid = ANY ($2::oid[])
UNION ALL
SELECT 'relation', c.oid,
       CASE WHEN n.nspname = 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid = ANY ($3::oid[])
