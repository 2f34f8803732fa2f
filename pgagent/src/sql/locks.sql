/* bitville-pgagent */
SELECT l.pid, l.locktype, l.mode, l.granted, l.database, l.relation, l.waitstart
  FROM pg_catalog.pg_lock_status() AS l
 WHERE l.pid = ANY ($1::int4[]) AND (NOT l.granted OR l.locktype = 'tuple')
