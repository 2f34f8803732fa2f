-- Version 1 of meta.db: what outlives the days.

CREATE TABLE token (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('ingest', 'read')),
    -- SHA-256. A token has 256 random bits, so a slow hash would protect nothing.
    hash BLOB NOT NULL,
    created_at_us INTEGER NOT NULL
) STRICT;

CREATE TABLE spike (
    -- AUTOINCREMENT: an operator's "spike 3" never comes to mean another one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT,
    host TEXT,
    measure TEXT NOT NULL,
    begin_at_us INTEGER NOT NULL,
    peak_at_us INTEGER NOT NULL,
    end_at_us INTEGER,
    peak REAL NOT NULL,
    baseline REAL NOT NULL,
    wait_class TEXT,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX spike_by_begin ON spike (begin_at_us);
