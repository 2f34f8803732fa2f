//! Replacing a small file as a whole: whoever reads it sees the old one or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes beside the file and renames, through the page cache: it survives a kill of the process. The new
/// file has that mode from its first byte on.
pub fn file(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&fresh)?;
    file.write_all(bytes)?;
    fs::rename(&fresh, path)
}
