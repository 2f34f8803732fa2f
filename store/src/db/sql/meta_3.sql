-- Version 3 of meta.db: what was known of a spike when it had ended, for when its records are gone.

CREATE TABLE evidence (
    spike_id INTEGER PRIMARY KEY,
    judged_at_us INTEGER NOT NULL,
    -- Where the data that it was made of begins.
    from_at_us INTEGER NOT NULL,
    -- When data came that may change it; NULL is never.
    doubted_at_us INTEGER,
    -- The API's answer as JSON, zstd.
    zstd BLOB NOT NULL
) STRICT;
