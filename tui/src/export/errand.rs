//! A file that is to be written: what it needs is asked for, it is written, and how that went is told.

use std::io;
use std::path::{Path, PathBuf};

use super::file;
use super::screen::Content;
use crate::bundle::{self, Bundle};
use crate::cli::Which;
use crate::client::Client;
use crate::format;
use crate::report;

/// An export on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    pub path: PathBuf,
    pub content: Content,
}

/// Writes the file; says what was written and where, or why nothing was.
pub async fn carry_out(client: &Client, errand: Errand) -> Result<String, String> {
    let path = at_home(&errand.path, std::env::var_os("HOME").map(PathBuf::from));
    // Before anything is asked for, since that may take a while.
    if path.exists() {
        return Err(there_is_one(&path));
    }
    let bytes = match errand.content {
        Content::Bytes(bytes) => bytes,
        Content::Incident {
            spike,
            project,
            is_bundle: false,
        } => {
            let incident = report::incident_of(client, Which::Number(spike), project).await;
            match incident.map_err(|trouble| trouble.to_string())? {
                Some(incident) => report::markdown::incident(&incident).into_bytes(),
                None => return Err(format!("there is no spike {spike} any more")),
            }
        }
        Content::Incident { spike, project, .. } => {
            let Some(keeping) = client.keeping() else {
                return Err("this is a bundle already".to_owned());
            };
            let played = bundle::play(&keeping, spike, project).await;
            played.map_err(|trouble| trouble.to_string())?;
            let bundle = Bundle::new(spike, keeping.kept_answers());
            bundle
                .pack()
                .map_err(|error| format!("cannot pack the bundle: {error}"))?
        }
    };
    file::write_new(&path, &bytes).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => there_is_one(&path),
        _ => format!("cannot write {}: {error}", path.display()),
    })?;
    let whole = std::path::absolute(&path).unwrap_or(path);
    let size = format::bytes(bytes.len() as u64);
    Ok(format!("wrote {size} to {}", whole.display()))
}

fn there_is_one(path: &Path) -> String {
    format!("{} is there already, and is left as it is", path.display())
}

/// `~/` as the shell has it, since the prompt is none.
fn at_home(path: &Path, home: Option<PathBuf>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn done(path: &Path) -> Result<String, String> {
        let client = Client::try_new("http://127.0.0.1:1", None).expect("a client");
        let errand = Errand {
            path: path.to_owned(),
            content: Content::Bytes(b"# it".to_vec()),
        };
        crate::command::block_on(async { Ok(carry_out(&client, errand).await) })
            .expect("a runtime")
            .expect("no trouble")
    }

    #[test]
    fn a_new_file_is_written_for_its_owner_alone_and_an_old_one_never() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("it.md");
        assert_eq!(done(&path), Ok(format!("wrote 4 B to {}", path.display())));
        let mode = std::fs::metadata(&path).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        std::fs::write(&path, "mine").expect("written");
        let refused = done(&path).expect_err("it is there");
        assert!(
            refused.ends_with("is there already, and is left as it is"),
            "{refused}"
        );
        assert_eq!(std::fs::read(&path).expect("read"), b"mine");
        let nowhere = done(&folder.path().join("no/such/it.md")).expect_err("no folder");
        assert!(nowhere.starts_with("cannot write "), "{nowhere}");
    }

    #[test]
    fn a_tilde_is_the_home_folder_and_only_at_the_begin() {
        let home = || Some(PathBuf::from("/home/ann"));
        assert_eq!(
            at_home(Path::new("~/x.md"), home()),
            Path::new("/home/ann/x.md")
        );
        assert_eq!(
            at_home(Path::new("a/~/x.md"), home()),
            Path::new("a/~/x.md")
        );
        assert_eq!(at_home(Path::new("~/x.md"), None), Path::new("~/x.md"));
    }
}
