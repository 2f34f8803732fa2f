//! The files in the data folder, and how each is opened.

use std::fs;
use std::hash::BuildHasher;
use std::os::unix::fs::{DirBuilderExt, DirEntryExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use rustc_hash::FxBuildHasher;

use crate::calendar::Day;
use crate::db::DbError;
use crate::db::dictionary::Dictionary;
use crate::db::reader::{Helpers, Idle};
use crate::db::schema::{self, History};
use crate::settings::Durability;

/// The data folder. Clones name the same one.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    /// Open for reading at the moment, but not read.
    idle: Idle,
    helpers: Helpers,
}

// === impl Files ===

impl Files {
    /// The folder, made if need be, and open to its owner alone: requests tell about people.
    pub(crate) fn create(folder: &Path) -> Result<Self, DbError> {
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder);
        made.map_err(|source| DbError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        Ok(Self::at(folder))
    }

    /// A folder that is there already, to read from.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            idle: Idle::default(),
            helpers: Helpers::default(),
        }
    }

    /// Of all readers of the folder.
    pub(crate) fn helpers(&self) -> &Helpers {
        &self.helpers
    }

    pub(crate) fn idle(&self) -> &Idle {
        &self.idle
    }

    pub(crate) fn path_of(&self, day: Day) -> PathBuf {
        self.folder.join(format!("{day}.db"))
    }

    pub(crate) fn wal_path_of(&self, day: Day) -> PathBuf {
        self.folder.join(format!("{day}.db-wal"))
    }

    /// Leaves no WAL where nobody has the file open. The last one that closes it takes it away, which one that only
    /// reads can't: if that was the last, somebody else has to.
    pub(crate) fn fold_wals(&self) -> Result<(), DbError> {
        for day in self.days()? {
            let path = self.path_of(day);
            if self.wal_path_of(day).exists() {
                let folded = Connection::open(&path)
                    .and_then(|it| it.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);"));
                folded.map_err(|source| DbError::Open { path, source })?;
            }
        }
        Ok(())
    }

    /// Where a file is written that shall take that day's place. It is no day's name.
    pub(crate) fn new_path_of(&self, day: Day) -> PathBuf {
        self.folder.join(format!("{day}.db.new"))
    }

    pub(crate) fn meta_path(&self) -> PathBuf {
        self.folder.join("meta.db")
    }

    pub(crate) fn forward_path(&self) -> PathBuf {
        self.folder.join("forward.db")
    }

    /// The days that have a file, oldest first.
    pub(crate) fn days(&self) -> Result<Vec<Day>, DbError> {
        let folder_error = |source| DbError::Folder {
            path: self.folder.clone(),
            source,
        };
        let mut days = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(folder_error)? {
            let name = entry.map_err(folder_error)?.file_name();
            let day = name.to_str().and_then(|name| name.strip_suffix(".db"));
            days.extend(day.and_then(Day::parse));
        }
        days.sort_unstable();
        Ok(days)
    }

    /// Another number whenever a day's file was made, removed or replaced.
    pub(crate) fn generation(&self) -> Result<u64, DbError> {
        let folder_error = |source| DbError::Folder {
            path: self.folder.clone(),
            source,
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(folder_error)? {
            let entry = entry.map_err(folder_error)?;
            let name = entry.file_name();
            let day = name.to_str().and_then(|name| name.strip_suffix(".db"));
            files.extend(day.and_then(Day::parse).map(|day| (day, entry.ino())));
        }
        files.sort_unstable();
        Ok(FxBuildHasher.hash_one(files))
    }

    /// What the database takes on the disk, WALs included.
    pub(crate) fn bytes(&self) -> Result<u64, DbError> {
        self.bytes_of(|_| true)
    }

    /// What the WALs take of it: with a checkpoint every 16 MB, much more means a reader that stays.
    pub(crate) fn wal_bytes(&self) -> Result<u64, DbError> {
        self.bytes_of(|name| name.ends_with("-wal"))
    }

    /// What one day takes, its WAL included.
    pub(crate) fn bytes_of_day(&self, day: Day) -> Result<u64, DbError> {
        let begin = format!("{day}.db");
        self.bytes_of(|name| name.starts_with(&begin))
    }

    /// What the folder's disk has left for us.
    pub(crate) fn free_bytes(&self) -> Result<u64, DbError> {
        let disk = rustix::fs::statvfs(&self.folder).map_err(|source| DbError::Folder {
            path: self.folder.clone(),
            source: source.into(),
        })?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn bytes_of(&self, is_wanted: impl Fn(&str) -> bool) -> Result<u64, DbError> {
        let folder_error = |source| DbError::Folder {
            path: self.folder.clone(),
            source,
        };
        let entries = fs::read_dir(&self.folder).map_err(folder_error)?;
        // A file may go away between the list and the look.
        let wanted = entries.flatten().filter(|entry| {
            let name = entry.file_name();
            name.to_str().is_some_and(&is_wanted)
        });
        Ok(wanted
            .filter_map(|entry| Some(entry.metadata().ok()?.len()))
            .sum())
    }

    /// Opens a day's file for the one thread that writes.
    pub(crate) fn open_writer(
        &self,
        day: Day,
        durability: Durability,
    ) -> Result<Connection, DbError> {
        open_writer(&self.path_of(day), durability.pragma(), schema::DAY)
    }

    /// Opens a day's file that nobody writes to any more, to change it; nothing if it is of another version.
    pub(crate) fn open_closed(&self, day: Day) -> Result<Option<Connection>, DbError> {
        match open_writer(&self.path_of(day), "FULL", schema::DAY) {
            Ok(connection) => Ok(Some(connection)),
            Err(DbError::TooOld { .. } | DbError::TooNew { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens a file that shall take a day's place. Until it does, nothing in it matters.
    pub(crate) fn open_new(&self, day: Day) -> Result<Connection, DbError> {
        open_writer(&self.new_path_of(day), "OFF", schema::DAY)
    }

    /// Removes what an earlier attempt left.
    pub(crate) fn remove_new(&self, day: Day) -> std::io::Result<()> {
        remove_with(&self.new_path_of(day), &["-shm", "-wal", "-journal", ""])
    }

    /// Puts the new file in a day's place. `old` is the last connection to the one that goes. What is in its
    /// WAL has to be in the file first: a kill may come when the one is gone and the other not yet there.
    pub(crate) fn replace(&self, day: Day, old: Connection) -> Result<(), DbError> {
        self.idle.close(day);
        let (path, new_path) = (self.path_of(day), self.new_path_of(day));
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy: bool = old.query_row(sql, [], |row| row.get(0))?;
        if is_busy {
            return Err(DbError::Busy { path });
        }
        drop(old);
        let replace_error = |source| DbError::Replace {
            path: new_path.clone(),
            source,
        };
        let new = fs::File::open(&new_path);
        new.and_then(|file| file.sync_all())
            .map_err(replace_error)?;
        // Empty; beside the new file it would be a stranger's.
        remove_with(&path, &["-shm", "-wal"]).map_err(replace_error)?;
        fs::rename(&new_path, &path).map_err(replace_error)?;
        let folder = fs::File::open(&self.folder);
        folder
            .and_then(|folder| folder.sync_all())
            .map_err(replace_error)
    }

    /// Opens `meta.db` for writing. Its writes are few and matter, so they are always on the disk.
    pub(crate) fn open_meta(&self) -> Result<Connection, DbError> {
        open_writer(&self.meta_path(), "FULL", schema::META)
    }

    /// Opens `forward.db` for writing. What it tells may be lost with the power: then records are sent again.
    pub(crate) fn open_forward(&self) -> Result<Connection, DbError> {
        let connection = open_writer(&self.forward_path(), "NORMAL", schema::FORWARD)?;
        // There is no thread that does them, and it has few pages.
        connection.pragma_update(None, "wal_autocheckpoint", 1_000)?;
        Ok(connection)
    }

    /// Opens `forward.db` for reading, if it is there.
    pub(crate) fn open_forward_reader(&self) -> Result<Option<Connection>, DbError> {
        let path = self.forward_path();
        path.exists().then(|| open_reader(&path)).transpose()
    }

    /// Opens a day's file for reading, beside whoever writes.
    pub(crate) fn open_reader(&self, day: Day) -> Result<Connection, DbError> {
        open_reader(&self.path_of(day))
    }

    /// The dictionaries of the newest day that has some, the newest of each kind last.
    pub(crate) fn dictionaries(&self) -> Result<Vec<Arc<Dictionary>>, DbError> {
        for day in self.days()?.into_iter().rev() {
            let connection = self.open_reader(day)?;
            let has_table: bool = connection.query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'dictionary'",
                [],
                |row| row.get(0),
            )?;
            if !has_table {
                continue;
            }
            let sql = "SELECT kind, bytes FROM dictionary ORDER BY number";
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(Dictionary::new(&row.get::<_, String>(0)?, row.get(1)?))
            })?;
            let dictionaries = rows.collect::<Result<Vec<_>, _>>()?;
            if !dictionaries.is_empty() {
                return Ok(dictionaries.into_iter().flatten().collect());
            }
        }
        Ok(Vec::new())
    }

    /// Removes a day and what SQLite put beside it.
    pub(crate) fn remove(&self, day: Day) -> Result<(), DbError> {
        self.idle.close(day);
        let path = self.path_of(day);
        // The database last: while it is there, the next run finds the day again.
        remove_with(&path, &["-shm", "-wal", ""]).map_err(|source| DbError::Remove { path, source })
    }
}

/// Removes a file and those beside it; what is not there need not be removed.
fn remove_with(path: &Path, suffixes: &[&str]) -> std::io::Result<()> {
    for suffix in suffixes {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn open_reader(path: &Path) -> Result<Connection, DbError> {
    let open_error = |source| DbError::Open {
        path: path.to_owned(),
        source,
    };
    // No mutex: a connection is with one thread at a time.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(open_error)?;
    connection
        .execute_batch(schema::READER_PRAGMAS)
        .map_err(open_error)?;
    Ok(connection)
}

fn open_writer(path: &Path, durability: &str, history: History) -> Result<Connection, DbError> {
    let open_error = |source| DbError::Open {
        path: path.to_owned(),
        source,
    };
    let mut connection = Connection::open(path).map_err(open_error)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection
        .execute_batch(&schema::writer_pragmas(durability))
        .map_err(open_error)?;
    schema::migrate(&mut connection, path, history)?;
    Ok(connection)
}
