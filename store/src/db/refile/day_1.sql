-- Version 1 of a day's file; `schema.rs` says what each table is for.

CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    given_at_us INTEGER NOT NULL,
    received_at_us INTEGER NOT NULL
) STRICT;
-- Storing is idempotent on it. Ids are UUID v7, so new ones go to the index's end.
CREATE UNIQUE INDEX record_by_event_id ON record (event_id);
CREATE INDEX record_by_at ON record (at_us);

-- How many records there are, so that nobody has to count them.
CREATE TABLE kind (
    name TEXT PRIMARY KEY,
    records INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who sent something.
CREATE TABLE source (
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    PRIMARY KEY (project, host)
) STRICT, WITHOUT ROWID;

CREATE TABLE body (
    record_id INTEGER PRIMARY KEY,
    zstd BLOB NOT NULL
) STRICT;

CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE request (
    record_id INTEGER PRIMARY KEY,
    correlation_id BLOB NOT NULL,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    end_at_us INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    label TEXT NOT NULL,
    status INTEGER,
    reason TEXT NOT NULL,
    is_error INTEGER NOT NULL,
    sql_count INTEGER NOT NULL,
    sql_us INTEGER NOT NULL,
    memory_peak_bytes INTEGER
) STRICT;
CREATE INDEX request_by_correlation_id ON request (correlation_id);
-- All that the timeline adds up, so that it reads the index alone.
CREATE INDEX request_by_at ON request (at_us, wall_us, is_error, project);
-- Requests that are too long to be found by when they began.
CREATE INDEX request_by_end ON request (end_at_us) WHERE wall_us > 600000000;
CREATE INDEX request_by_wall ON request (wall_us);
CREATE INDEX request_by_project ON request (project, at_us);
CREATE INDEX request_by_label ON request (label, at_us);

CREATE TABLE pg_sample (
    record_id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    interval_us INTEGER NOT NULL,
    backends INTEGER NOT NULL,
    max_connections INTEGER NOT NULL,
    cpu INTEGER NOT NULL,
    io INTEGER NOT NULL,
    "lock" INTEGER NOT NULL,
    client INTEGER NOT NULL,
    other INTEGER NOT NULL,
    idle_in_transaction INTEGER NOT NULL
) STRICT;
CREATE INDEX pg_sample_by_at ON pg_sample (at_us);

CREATE TABLE pg_session (
    record_id INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    interval_us INTEGER NOT NULL,
    correlation_id BLOB,
    "user" TEXT,
    application TEXT,
    state TEXT,
    wait_class TEXT NOT NULL,
    wait_event TEXT,
    statement_id INTEGER,
    PRIMARY KEY (record_id, pid)
) STRICT, WITHOUT ROWID;
CREATE INDEX pg_session_by_at ON pg_session (at_us);
CREATE INDEX pg_session_by_correlation_id ON pg_session (correlation_id)
    WHERE correlation_id IS NOT NULL;

CREATE TABLE lock_wait (
    record_id INTEGER NOT NULL,
    waiter_pid INTEGER NOT NULL,
    blocker_pid INTEGER NOT NULL,
    root_pid INTEGER NOT NULL,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    -- How much of the sample's interval the waiter had waited.
    weight_us INTEGER NOT NULL,
    interval_us INTEGER NOT NULL,
    lock_type TEXT,
    mode TEXT,
    relation TEXT,
    PRIMARY KEY (record_id, waiter_pid)
) STRICT, WITHOUT ROWID;
CREATE INDEX lock_wait_by_at ON lock_wait (at_us);

CREATE TABLE lock_party (
    record_id INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    correlation_id BLOB,
    "user" TEXT,
    application TEXT,
    state TEXT,
    statement_id INTEGER,
    is_truncated INTEGER NOT NULL,
    PRIMARY KEY (record_id, pid)
) STRICT, WITHOUT ROWID;
CREATE INDEX lock_party_by_correlation_id ON lock_party (correlation_id)
    WHERE correlation_id IS NOT NULL;

CREATE TABLE lock_time (
    correlation_id BLOB PRIMARY KEY,
    waited_us INTEGER NOT NULL,
    blocked_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE host_metrics (
    record_id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    interval_us INTEGER NOT NULL,
    role TEXT NOT NULL,
    cores INTEGER NOT NULL,
    load1 REAL NOT NULL,
    busy_percent REAL
) STRICT;
CREATE INDEX host_metrics_by_at ON host_metrics (at_us);

CREATE TABLE agent_health (
    record_id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    agent TEXT NOT NULL,
    at_us INTEGER NOT NULL
) STRICT;
CREATE INDEX agent_health_by_agent ON agent_health (project, host, agent, at_us);

CREATE TABLE gap (
    record_id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    until_at_us INTEGER,
    reason TEXT NOT NULL,
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX gap_by_at ON gap (at_us);

CREATE TABLE put_aside (
    line_hash BLOB PRIMARY KEY,
    received_at_us INTEGER NOT NULL,
    token TEXT NOT NULL,
    reason TEXT NOT NULL,
    line BLOB NOT NULL,
    line_bytes INTEGER NOT NULL
) STRICT;
