-- Version 2 of a day's file: all requests, added up by the collectors, and PHP-FPM's pools.

CREATE TABLE traffic (
    record_id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    -- Where the interval begins.
    at_us INTEGER NOT NULL,
    interval_us INTEGER NOT NULL,
    count INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    -- The routes' histograms, merged: a JSON list of [bucket, count].
    wall TEXT NOT NULL
) STRICT;
CREATE INDEX traffic_by_at ON traffic (at_us);

CREATE TABLE route_traffic (
    record_id INTEGER NOT NULL,
    label TEXT NOT NULL,
    project TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    count INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    longest_us INTEGER NOT NULL,
    sql_count INTEGER NOT NULL,
    sql_us INTEGER NOT NULL,
    PRIMARY KEY (record_id, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX route_traffic_by_label ON route_traffic (label, at_us);

CREATE TABLE fpm_pool (
    record_id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    address TEXT NOT NULL,
    -- NULL while the pool does not answer; then `error` says how.
    pool TEXT,
    error TEXT,
    active INTEGER,
    idle INTEGER,
    total INTEGER,
    listen_queue INTEGER,
    children_max_reached INTEGER,
    oldest_us INTEGER
) STRICT;
CREATE INDEX fpm_pool_by_at ON fpm_pool (at_us);
