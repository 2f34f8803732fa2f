//! A copy of all databases, made while the store runs.
//!
//! SQLite writes each file's content as of one moment, without what was deleted. So a copy is whole in
//! itself; between the files lies the time that it took.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::db::DbError;
use crate::db::files::Files;

/// A file of the copy.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

/// Copies into a folder, which must be new or empty: a copy never takes the place of another.
pub(crate) fn backup(files: &Files, folder: &Path) -> Result<Vec<Copied>, DbError> {
    let folder_error = |source| DbError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut maker = fs::DirBuilder::new();
    // Requests tell about people, and tokens are in there too, if only their hashes.
    maker.recursive(true).mode(0o700);
    maker.create(folder).map_err(folder_error)?;
    if fs::read_dir(folder).map_err(folder_error)?.next().is_some() {
        return Err(DbError::NotEmpty {
            path: folder.to_owned(),
        });
    }
    // How far records were forwarded comes before the records: what came in between is sent again then.
    let mut sources = vec![files.forward_path(), files.meta_path()];
    sources.extend(files.days()?.into_iter().map(|day| files.path_of(day)));
    let mut copied = Vec::new();
    for source in sources {
        // A day may have been removed since it was listed.
        if source.exists() {
            copied.push(copy(&source, folder)?);
        }
    }
    Ok(copied)
}

fn copy(source: &Path, folder: &Path) -> Result<Copied, DbError> {
    let path = folder.join(source.file_name().expect("a database has a name"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open_error = |error| DbError::Open {
        path: source.to_owned(),
        source: error,
    };
    let connection = Connection::open_with_flags(source, flags).map_err(open_error)?;
    connection
        .execute("VACUUM INTO ?1", [path.to_string_lossy()])
        .map_err(|error| DbError::Copy {
            path: path.clone(),
            source: error,
        })?;
    let replace_error = |source| DbError::Replace {
        path: path.clone(),
        source,
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(replace_error)?;
    let bytes = fs::metadata(&path).map_err(replace_error)?.len();
    Ok(Copied { path, bytes })
}
