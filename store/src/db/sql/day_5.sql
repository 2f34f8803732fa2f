-- All that the timeline and the suspects add up, so that they read the index alone: rows of requests lie on as many
-- pages as there are bodies in between.
DROP INDEX request_by_at;
CREATE INDEX request_by_at
    ON request (at_us, wall_us, is_error, source_id, route_id, sql_us, correlation_id);
