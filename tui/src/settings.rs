//! What the console needs to know before it starts: where the store is, and the token to read it.
//!
//! A flag wins over the environment, that over `[tui]` in the settings file, that over the default.
//! The other sections of the file belong to others and are not judged here. The token's file must
//! be its owner's alone, since whoever can read it can read every captured request.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;
use wire::ids::Project;
use wire::ini;

use crate::cli::Cli;
use crate::client::{ClientError, Token};
use crate::columns::Columns;
use crate::vendor::Vendors;
use crate::zone::Zone;

/// Where the store's query side listens unless told otherwise.
pub const DEFAULT_URL: &str = "http://127.0.0.1:7802";
/// Where the settings are, unless a flag or `BITVILLE_SETTINGS` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/bitville/settings.ini";

const KEYS: [&str; 6] = [
    "url",
    "token_file",
    "production",
    "zone",
    "requests_columns",
    "vendor",
];
/// A settings file is some pages, a token one line.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Read and write for group and others.
const SHARED_MODE_BITS: u32 = 0o077;

#[derive(Clone, Debug)]
pub struct Settings {
    pub url: String,
    pub token: Option<Token>,
    /// Projects whose header is red.
    pub production: Vec<Project>,
    /// What times are shown in, unless a flag says otherwise.
    pub zone: Option<Zone>,
    /// Of the list of requests.
    pub requests_columns: Columns,
    /// Whose functions can be folded into their callers.
    pub vendors: Vendors,
}

/// What the console takes from its environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub url: Option<String>,
    pub settings: Option<OsString>,
}

#[derive(Debug, Error)]
pub enum SettingsError {
    #[error("cannot read {}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: at most {FILE_BYTES_MAX} bytes of UTF-8 text are allowed", .0.display())]
    Text(PathBuf),
    #[error("{}:{line}: {problem}", .path.display())]
    Form {
        path: PathBuf,
        line: usize,
        problem: ini::ProblemKind,
    },
    #[error("{}:{line}: [tui] {key}: unknown; {} are allowed", .path.display(), KEYS.join(", "))]
    Key {
        path: PathBuf,
        line: usize,
        key: String,
    },
    #[error("{}:{line}: [tui] {key}: {problem}", .path.display())]
    Value {
        path: PathBuf,
        line: usize,
        key: &'static str,
        problem: String,
    },
    #[error("token file {}: group or others may read it (mode {mode:04o}); chmod 600 {}", .path.display(), .path.display())]
    TokenShared { path: PathBuf, mode: u32 },
    #[error(transparent)]
    Token(ClientError),
}

// === impl Environment ===

impl Environment {
    pub fn read() -> Self {
        Self {
            url: std::env::var("BITVILLE_URL")
                .ok()
                .filter(|url| !url.is_empty()),
            settings: std::env::var_os("BITVILLE_SETTINGS").filter(|path| !path.is_empty()),
        }
    }
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: DEFAULT_URL.to_owned(),
            token: None,
            production: Vec::new(),
            zone: None,
            requests_columns: Columns::default(),
            vendors: Vendors::default(),
        }
    }
}

impl Settings {
    pub fn load(cli: &Cli, environment: Environment) -> Result<Self, SettingsError> {
        let named = cli
            .settings
            .clone()
            .or(environment.settings.map(PathBuf::from));
        let file = match named {
            Some(path) => Section::read(&path)?,
            // The default file is a convenience: without it the flags must do.
            None if Path::new(DEFAULT_PATH).exists() => Section::read(Path::new(DEFAULT_PATH))?,
            None => Section::default(),
        };
        let url = cli.url.clone().or(environment.url).or(file.url);
        let token_file = cli.token_file.clone().or(file.token_file);
        Ok(Self {
            url: url.unwrap_or_else(|| DEFAULT_URL.to_owned()),
            token: token_file.as_deref().map(read_token).transpose()?,
            production: file.production,
            zone: file.zone,
            requests_columns: file.requests_columns,
            vendors: file.vendors.unwrap_or_default(),
        })
    }
}

/// `[tui]` as the file has it.
#[derive(Debug, Default)]
struct Section {
    url: Option<String>,
    token_file: Option<PathBuf>,
    production: Vec<Project>,
    zone: Option<Zone>,
    requests_columns: Columns,
    vendors: Option<Vendors>,
}

// === impl Section ===

impl Section {
    fn read(path: &Path) -> Result<Self, SettingsError> {
        let document = ini::parse(&read_text(path)?);
        if let Some(problem) = document.problems.first() {
            return Err(SettingsError::Form {
                path: path.to_owned(),
                line: problem.line,
                problem: problem.kind.clone(),
            });
        }
        let Some(section) = document.section("tui") else {
            return Ok(Self::default());
        };
        if let Some(entry) = section
            .entries
            .iter()
            .find(|entry| !KEYS.contains(&&*entry.key))
        {
            return Err(SettingsError::Key {
                path: path.to_owned(),
                line: entry.line,
                key: entry.key.clone(),
            });
        }
        let entry = |key: &str| section.entry(key).filter(|entry| !entry.value.is_empty());
        let value = |key: &str| entry(key).map(|entry| entry.value.clone());
        let wrong = |key: &'static str, line: usize| {
            let path = path.to_owned();
            move |problem: String| SettingsError::Value {
                path,
                line,
                key,
                problem,
            }
        };
        let mut read = Self {
            url: value("url"),
            token_file: value("token_file").map(PathBuf::from),
            ..Self::default()
        };
        if let Some(entry) = entry("production") {
            let projects = read_projects(&entry.value);
            read.production = projects.map_err(wrong("production", entry.line))?;
        }
        if let Some(entry) = entry("zone") {
            let zone = crate::cli::parse_zone(&entry.value);
            read.zone = Some(zone.map_err(wrong("zone", entry.line))?);
        }
        if let Some(entry) = entry("requests_columns") {
            let columns = Columns::read(&entry.value);
            read.requests_columns = columns.map_err(wrong("requests_columns", entry.line))?;
        }
        // Empty is a choice, too: nothing is folded.
        if let Some(entry) = section.entry("vendor") {
            let vendors = Vendors::read(&entry.value);
            read.vendors = Some(vendors.map_err(wrong("vendor", entry.line))?);
        }
        Ok(read)
    }
}

/// Names with commas between them.
fn read_projects(text: &str) -> Result<Vec<Project>, String> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let projects = names.map(|name| Project::try_new(name).map_err(|error| error.to_string()));
    projects.collect()
}

fn read_token(path: &Path) -> Result<Token, SettingsError> {
    let metadata = fs::metadata(path).map_err(|source| SettingsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & SHARED_MODE_BITS != 0 {
        return Err(SettingsError::TokenShared {
            path: path.to_owned(),
            mode,
        });
    }
    let text = read_text(path)?;
    Token::try_new(text.trim(), path.display().to_string()).map_err(SettingsError::Token)
}

fn read_text(path: &Path) -> Result<String, SettingsError> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|source| SettingsError::Read {
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(SettingsError::Text(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| SettingsError::Text(path.to_owned()))
}

#[cfg(test)]
mod tests;
