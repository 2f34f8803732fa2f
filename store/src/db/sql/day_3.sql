-- Version 3 of a day's file; `schema.rs` says what each table is for. Files of earlier versions are
-- written anew from their records, so this is the whole of it.

-- Names once: the rows that there are many of have their numbers.
CREATE TABLE kind (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- How many there are, so that nobody has to count them.
    records INTEGER NOT NULL
) STRICT;

CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    UNIQUE (project, host)
) STRICT;

CREATE TABLE route (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE function (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE fingerprint (
    id INTEGER PRIMARY KEY,
    -- The 64 bits as a signed number.
    raw INTEGER NOT NULL UNIQUE,
    sql TEXT NOT NULL
) STRICT;

CREATE TABLE wait_event (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    kind_id INTEGER NOT NULL,
    source_id INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    -- The time as it came, of a record whose clock was so wrong that `at_us` had to be clamped.
    given_at_us INTEGER,
    received_at_us INTEGER NOT NULL
) STRICT;
-- Storing is idempotent on it. Ids are UUID v7, so new ones go to the index's end.
CREATE UNIQUE INDEX record_by_event_id ON record (event_id);
CREATE INDEX record_by_at ON record (at_us);

CREATE TABLE body (
    record_id INTEGER PRIMARY KEY,
    zstd BLOB NOT NULL
) STRICT;

-- What the bodies' frames name: zstd can't read them without.
CREATE TABLE dictionary (
    -- In the order in which they came into use.
    number INTEGER PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE request (
    record_id INTEGER PRIMARY KEY,
    correlation_id BLOB NOT NULL,
    source_id INTEGER NOT NULL,
    route_id INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    wall_us INTEGER NOT NULL,
    status INTEGER,
    is_error INTEGER NOT NULL,
    sql_count INTEGER NOT NULL,
    sql_us INTEGER NOT NULL,
    memory_peak_bytes INTEGER,
    -- Of the PHP worker.
    pid INTEGER,
    -- Of the database backend that served it, the first if there were several.
    backend_pid INTEGER,
    reason TEXT NOT NULL,
    client TEXT,
    url TEXT NOT NULL,
    -- Ids of the functions that had one in a hundred of its time, and of its statements: varints that
    -- ascend, each as the difference to the one before.
    functions BLOB NOT NULL,
    fingerprints BLOB NOT NULL
) STRICT;
-- By the hour and only then by the value: what is inserted now lands on few pages, however large the
-- day is. An index on the value alone has each row touch a page of its own.
CREATE INDEX request_by_correlation_id ON request (at_us / 3600000000, correlation_id);
CREATE INDEX request_by_wall ON request (at_us / 3600000000, wall_us);
CREATE INDEX request_by_sql ON request (at_us / 3600000000, sql_us);
CREATE INDEX request_by_memory ON request (at_us / 3600000000, coalesce(memory_peak_bytes, -1));
CREATE INDEX request_by_route ON request (at_us / 3600000000, route_id, wall_us);
-- A session that does not carry its request's id is a backend's, an entry of a log names its worker.
CREATE INDEX request_by_backend ON request (at_us / 3600000000, backend_pid)
    WHERE backend_pid IS NOT NULL;
CREATE INDEX request_by_pid ON request (at_us / 3600000000, pid);
-- All that the timeline adds up, so that it reads the index alone.
CREATE INDEX request_by_at ON request (at_us, wall_us, is_error, source_id);
CREATE INDEX request_by_error ON request (at_us) WHERE is_error;
-- Requests that are too long to be found by when they began.
CREATE INDEX request_by_end ON request (at_us + wall_us) WHERE wall_us > 600000000;

-- Sums over spans of time; `rollup.rs` has the subjects, their keys and the encoding.
CREATE TABLE rollup (
    id INTEGER PRIMARY KEY,
    subject INTEGER NOT NULL,
    span_us INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    project TEXT NOT NULL,
    -- Empty where a project's hosts are summed together.
    host TEXT NOT NULL,
    sums BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX rollup_by_span ON rollup (subject, span_us, at_us, project, host);

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
-- A backend that does not carry its request's id is found by its pid and the time.
CREATE INDEX pg_session_by_pid ON pg_session (pid, at_us);

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

CREATE TABLE log_entry (
    record_id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- Of the process that it is about: a PHP worker, a database backend.
    pid INTEGER,
    correlation_id BLOB,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX log_entry_by_at ON log_entry (at_us);
CREATE INDEX log_entry_by_pid ON log_entry (pid, at_us);
CREATE INDEX log_entry_by_correlation_id ON log_entry (correlation_id)
    WHERE correlation_id IS NOT NULL;

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

-- How far a host's clock is from ours, as each of its batches showed it.
CREATE TABLE clock (
    project TEXT NOT NULL,
    host TEXT NOT NULL,
    -- Where the minute begins, by our clock.
    at_us INTEGER NOT NULL,
    -- How far it is behind ours, by the batch of that minute that was fastest on its way.
    behind_us INTEGER NOT NULL,
    PRIMARY KEY (project, host, at_us)
) STRICT, WITHOUT ROWID;
