//! The settings file, from raw text to checked values.
//!
//! Each part reads its own sections with a [`Section`]'s getters. A getter names its key, its
//! default and its type in one place; the default is written as it stands in the template
//! `config/settings.ini`, and [`Reader::defaults`] lets a test hold the two equal. All problems of
//! the file are collected before anything is opened, each with file, line, key and what is allowed.
//! Keys that nobody asked for are problems in one's own sections; other parts' sections need only
//! be known by name, so that one file serves them all.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use wire::human;
use wire::ini::{self, Document};

use crate::authority::AuthorityError;
use crate::identity::IdentityError;
use crate::secret::SecretError;

mod shared;

pub use shared::{HostMetrics, Journal, Project, Uplink};

/// The exit code of a daemon whose settings are wrong (`EX_CONFIG`); its unit does not restart it.
pub const EXIT_CONFIG: u8 = 78;

/// Where the settings are unless `--settings` or the environment says otherwise.
pub const PATH_DEFAULT: &str = "/etc/bitville/settings.ini";

/// The environment variable that names the settings file.
pub const PATH_VARIABLE: &str = "BITVILLE_SETTINGS";

/// Every section that some part of Bitville reads.
pub const SECTIONS_KNOWN: [&str; 9] = [
    "project",
    "php",
    "collector",
    "uplink",
    "store",
    "graylog",
    "notify",
    "pgagent",
    "tui",
];

/// A settings file is some KiB; what is larger is another file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why the settings can't be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    #[error("settings file {path} can't be read")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("settings file {path}: at most {FILE_BYTES_MAX} bytes are allowed, got {given}")]
    Length { path: PathBuf, given: u64 },
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    #[error("[uplink] token_file can't be used")]
    Token(#[source] SecretError),
    #[error("[store] tls_cert and tls_key can't be used")]
    Identity(#[source] IdentityError),
    #[error("[uplink] ca_file can't be used")]
    Authority(#[source] AuthorityError),
}

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: PathBuf,
    /// Absent if the trouble is a key that is missing.
    pub line: Option<usize>,
    /// What is wrong, and what is allowed.
    pub text: String,
}

/// A settings file that is being read.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    document: Document,
    problems: Vec<Problem>,
    defaults: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
}

/// One section that is being read.
#[derive(Debug)]
pub struct Section<'r> {
    reader: &'r mut Reader,
    name: &'static str,
}

/// Which file to read: the flag, else the environment, else [`PATH_DEFAULT`].
pub fn path(flag: Option<PathBuf>) -> PathBuf {
    flag.or_else(|| std::env::var_os(PATH_VARIABLE).map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(PATH_DEFAULT))
}

/// The text of a settings file.
pub fn read_text(path: &Path) -> Result<String, SettingsError> {
    let read_error = |source| SettingsError::Read {
        path: path.to_owned(),
        source,
    };
    let given = std::fs::metadata(path).map_err(read_error)?.len();
    if given > FILE_BYTES_MAX {
        return Err(SettingsError::Length {
            path: path.to_owned(),
            given,
        });
    }
    std::fs::read_to_string(path).map_err(read_error)
}

// === impl Reader ===

impl Reader {
    /// Reads the file's form. Its problems are told by [`Reader::finish`], with all others.
    pub fn open(path: &Path) -> Result<Self, SettingsError> {
        let text = read_text(path)?;
        Ok(Self::from_text(path, &text))
    }

    /// Reads a text as if it stood in a file of that path.
    pub fn from_text(path: &Path, text: &str) -> Self {
        let document = ini::parse(text);
        let mut reader = Self {
            path: path.to_owned(),
            problems: Vec::new(),
            defaults: BTreeMap::new(),
            document,
        };
        for problem in reader.document.problems.clone() {
            reader.complain(Some(problem.line), problem.kind.to_string());
        }
        for section in reader.document.sections.clone() {
            if !SECTIONS_KNOWN.contains(&section.name.as_str()) {
                let known = SECTIONS_KNOWN.map(|name| format!("[{name}]")).join(" ");
                let text = format!("unknown section [{}]: allowed are {known}", section.name);
                reader.complain(Some(section.line), text);
            }
        }
        reader
    }

    /// Reads one section with the getters that `read` calls; any other key in it is a problem.
    pub fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        debug_assert!(
            SECTIONS_KNOWN.contains(&name),
            "[{name}] is missing in SECTIONS_KNOWN"
        );
        self.defaults.entry(name).or_default();
        let value = read(&mut Section { reader: self, name });
        self.refuse_unknown_keys(name);
        value
    }

    /// Whether the file was in order; if not, everything that is wrong with it.
    pub fn finish(mut self) -> Result<(), SettingsError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        self.problems
            .sort_by_key(|problem| problem.line.unwrap_or(usize::MAX));
        Err(SettingsError::Problems(self.problems))
    }

    /// The keys that were asked for so far, by section, each with its default as text.
    pub fn defaults(&self) -> &BTreeMap<&'static str, BTreeMap<&'static str, String>> {
        &self.defaults
    }

    /// What the file gives, for a section that was read, in the shape of [`Reader::defaults`].
    pub fn given(&self, section: &str) -> BTreeMap<&str, String> {
        let entries = self
            .document
            .section(section)
            .map(|section| section.entries.as_slice());
        let entries = entries.unwrap_or_default();
        entries
            .iter()
            .map(|entry| (entry.key.as_str(), entry.value.clone()))
            .collect()
    }

    fn refuse_unknown_keys(&mut self, name: &'static str) {
        let known = self.defaults.get(name).cloned().unwrap_or_default();
        let allowed: Vec<&str> = known.keys().copied().collect();
        let entries: Vec<ini::Entry> = self
            .document
            .sections
            .iter()
            .filter(|section| section.name == name)
            .flat_map(|section| section.entries.iter().cloned())
            .collect();
        for entry in entries {
            if !known.contains_key(entry.key.as_str()) {
                let text = format!(
                    "unknown key {} in [{name}]: allowed are {}",
                    entry.key,
                    allowed.join(" ")
                );
                self.complain(Some(entry.line), text);
            }
        }
    }

    fn complain(&mut self, line: Option<usize>, text: String) {
        self.problems.push(Problem {
            path: self.path.clone(),
            line,
            text,
        });
    }
}

// === impl Section ===

impl Section<'_> {
    /// A value of any type that a text can be read as. A default that its own reader refuses is a
    /// broken invariant, found by the first test that reads the section.
    pub fn value<T, E: Display>(
        &mut self,
        key: &'static str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> T {
        let parse_default = |parse: &dyn Fn(&str) -> Result<T, E>| match parse(default) {
            Ok(value) => value,
            Err(error) => panic!("default of [{}] {key} is refused: {error}", self.name),
        };
        let fallback = parse_default(&parse);
        self.required(key, default, fallback, parse)
    }

    /// A value without which nothing works. `example` is what the template shows, `stand_in` what
    /// the caller holds until [`Reader::finish`] has told the problem.
    pub fn required<T, E: Display>(
        &mut self,
        key: &'static str,
        example: &str,
        stand_in: T,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> T {
        self.ask(key, example);
        let Some((line, text)) = self.text(key) else {
            return stand_in;
        };
        match parse(&text) {
            Ok(value) => value,
            Err(error) => {
                let problem = format!("[{}] {key}: {error}", self.name);
                self.reader.complain(Some(line), problem);
                stand_in
            }
        }
    }

    /// Makes a missing key a problem.
    pub fn insist(&mut self, key: &'static str, allowed: &str) {
        if self.text(key).is_none() {
            let problem = format!("[{}] {key} is missing: {allowed}", self.name);
            self.reader.complain(None, problem);
        }
    }

    /// Makes a problem of a value that does not go with another one.
    pub fn refuse(&mut self, key: &str, problem: &str) {
        let line = self.text(key).map(|(line, _)| line);
        let text = format!("[{}] {key}: {problem}", self.name);
        self.reader.complain(line, text);
    }

    pub fn duration(&mut self, key: &'static str, default: &str) -> Duration {
        self.value(key, default, human::parse_duration)
    }

    /// A duration within bounds, both allowed.
    pub fn duration_between(
        &mut self,
        key: &'static str,
        default: &str,
        least: Duration,
        most: Duration,
    ) -> Duration {
        self.value(key, default, |text| match human::parse_duration(text) {
            Ok(duration) if (least..=most).contains(&duration) => Ok(duration),
            Ok(_) => Err(format!(
                "{} to {} are allowed, got {text:?}",
                human::format_duration(least),
                human::format_duration(most)
            )),
            Err(error) => Err(error.to_string()),
        })
    }

    /// A size in bytes.
    pub fn size(&mut self, key: &'static str, default: &str) -> u64 {
        self.value(key, default, human::parse_size)
    }

    /// A size in bytes within bounds, both allowed.
    pub fn size_between(&mut self, key: &'static str, default: &str, least: u64, most: u64) -> u64 {
        self.value(key, default, |text| match human::parse_size(text) {
            Ok(size) if (least..=most).contains(&size) => Ok(size),
            Ok(_) => Err(format!(
                "{} to {} are allowed, got {text:?}",
                human::format_size(least),
                human::format_size(most)
            )),
            Err(error) => Err(error.to_string()),
        })
    }

    /// A whole number within bounds, both allowed.
    pub fn number_between(
        &mut self,
        key: &'static str,
        default: &str,
        least: u64,
        most: u64,
    ) -> u64 {
        self.value(key, default, |text| {
            text.parse::<u64>()
                .ok()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("{least} to {most} are allowed, got {text:?}"))
        })
    }

    pub fn boolean(&mut self, key: &'static str, default: &str) -> bool {
        self.value(key, default, human::parse_boolean)
    }

    /// A text that may be anything, also empty.
    pub fn text_of(&mut self, key: &'static str, default: &str) -> String {
        self.value(key, default, |text| Ok::<_, String>(text.to_owned()))
    }

    /// An absolute path: a daemon's working directory is nothing to rely on.
    pub fn path(&mut self, key: &'static str, default: &str) -> PathBuf {
        self.value(key, default, parse_path)
    }

    /// An absolute path, or none where the value is empty.
    pub fn path_optional(&mut self, key: &'static str, default: &str) -> Option<PathBuf> {
        self.value(key, default, |text| match text {
            "" => Ok(None),
            text => parse_path(text).map(Some),
        })
    }

    fn ask(&mut self, key: &'static str, default: &str) {
        self.reader
            .defaults
            .entry(self.name)
            .or_default()
            .insert(key, default.to_owned());
    }

    fn text(&self, key: &str) -> Option<(usize, String)> {
        let entry = self.reader.document.section(self.name)?.entry(key)?;
        Some((entry.line, entry.value.clone()))
    }
}

// === impl Problem ===

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path.display(), self.text),
            None => write!(f, "{}: {}", self.path.display(), self.text),
        }
    }
}

fn parse_path(text: &str) -> Result<PathBuf, String> {
    if text.starts_with('/') {
        Ok(PathBuf::from(text))
    } else {
        Err(format!("an absolute path is allowed, got {text:?}"))
    }
}

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests;
