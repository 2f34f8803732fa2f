-- Version 2 of meta.db: what a token may send, and from where.

-- The one project whose records it may send or ask for; NULL is all of them.
ALTER TABLE token ADD COLUMN project TEXT;
-- Networks that it may come from, with blanks between; empty is everywhere.
ALTER TABLE token ADD COLUMN networks TEXT NOT NULL DEFAULT '';
