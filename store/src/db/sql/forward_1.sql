-- Version 1 of forward.db: how far records have been forwarded, per destination. What is not here is sent
-- again, so nothing in it has to be on the disk before a batch is done with.

CREATE TABLE destination (
    name TEXT PRIMARY KEY,
    -- Since the beginning.
    records INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    filtered INTEGER NOT NULL,
    put_aside INTEGER NOT NULL,
    -- Removed with their day before they were forwarded.
    lost INTEGER NOT NULL,
    -- The last receipt before an outage that has not ended.
    outage_at_us INTEGER,
    received_at_us INTEGER,
    -- As it was last, for whoever asks while no store runs.
    state TEXT NOT NULL
) STRICT;

-- All records of the day up to that one are done with, but for those in a stretch.
CREATE TABLE cursor (
    destination TEXT NOT NULL,
    day TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    PRIMARY KEY (destination, day)
) STRICT, WITHOUT ROWID;

-- Kinds of which more is done with, since each kind has its own batches: what is sent again after a kill
-- is what was in doubt, and no more.
CREATE TABLE ahead (
    destination TEXT NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    PRIMARY KEY (destination, kind)
) STRICT, WITHOUT ROWID;

-- Records at or before the cursor that are not done with, or never will be.
CREATE TABLE stretch (
    id INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    -- backlog: not sent yet. again: sent, and in doubt since an outage. asked: somebody wants them again.
    -- skipped: somebody did not want them.
    why TEXT NOT NULL CHECK (why IN ('backlog', 'again', 'asked', 'skipped')),
    day TEXT NOT NULL,
    after_id INTEGER NOT NULL,
    through_id INTEGER NOT NULL
) STRICT;

-- Where the cursor was lately, one a second: an outage takes the last of what was received with it.
CREATE TABLE mark (
    destination TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    day TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    PRIMARY KEY (destination, at_us)
) STRICT, WITHOUT ROWID;

-- Records that the destination does not take, whatever is tried.
CREATE TABLE aside (
    destination TEXT NOT NULL,
    day TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (destination, day, record_id)
) STRICT, WITHOUT ROWID;

-- What people asked for: the store that runs takes it up.
CREATE TABLE command (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('replay', 'skip')),
    from_at_us INTEGER,
    to_at_us INTEGER
) STRICT;
