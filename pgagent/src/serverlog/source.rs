//! Where the server's log is, and how it is written: from the settings file, else from the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::parser::Format;

/// One log: files of one folder. It is kept across restarts, so that a log can be followed while the server
/// can't be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub dir: PathBuf,
    pub name: NamePattern,
    pub format: Format,
    /// `log_line_prefix`, where it is known.
    pub prefix: Option<String>,
    /// `log_timezone`
    pub zone: String,
}

/// Names of the log's files, with `*` for what changes. What rotation adds (`.1`, `-20261127`, `.2.gz`) is
/// understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamePattern(String);

/// What the settings file says about the log; what is empty is asked of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub path: Option<PathBuf>,
    pub prefix: Option<String>,
    pub zone: Option<String>,
}

/// Why there is no log to follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("the server does not tell its setting {0}: grant its role pg_monitor, or set log_path")]
    Setting(&'static str),
    #[error(
        "the server's log goes to its standard error, which may be any file: set log_path in [pgagent], or \
         logging_collector = on in the server"
    )]
    Stderr,
    #[error(
        "the server logs to {0} alone: stderr, csvlog or jsonlog with logging_collector can be read"
    )]
    Destination(String),
}

/// Where Debian's clusters log to.
const DEBIAN_DIR: &str = "/var/log/postgresql";

// === impl Source ===

impl Source {
    /// From the settings file alone, where it says enough.
    pub fn of_settings(wanted: &Wanted) -> Option<Self> {
        let path = wanted.path.as_deref()?;
        Some(Self {
            prefix: wanted.prefix.clone(),
            zone: wanted.zone.clone().unwrap_or_else(|| "UTC".to_owned()),
            ..Self::at(path)
        })
    }

    /// From the server's settings by name, under what the settings file says.
    pub fn of_server(
        wanted: &Wanted,
        server: &BTreeMap<String, String>,
    ) -> Result<Self, SourceError> {
        let setting = |name: &'static str| server.get(name).ok_or(SourceError::Setting(name));
        let place = match &wanted.path {
            Some(path) => Self::at(path),
            None => Self::place(server)?,
        };
        let own = |own: &Option<String>, name| match own {
            Some(own) => Ok(own.clone()),
            None => setting(name).cloned(),
        };
        Ok(Self {
            prefix: Some(own(&wanted.prefix, "log_line_prefix")?),
            zone: own(&wanted.zone, "log_timezone")?,
            ..place
        })
    }

    fn place(server: &BTreeMap<String, String>) -> Result<Self, SourceError> {
        let setting = |name: &'static str| server.get(name).ok_or(SourceError::Setting(name));
        let destinations = setting("log_destination")?;
        let has = |name: &str| destinations.split(',').any(|one| one.trim() == name);
        if setting("logging_collector")? != "on" {
            if !has("stderr") {
                return Err(SourceError::Destination(destinations.clone()));
            }
            return debian(server).ok_or(SourceError::Stderr);
        }
        let format = if has("jsonlog") {
            Format::Json
        } else if has("csvlog") {
            Format::Csv
        } else if has("stderr") {
            Format::Stderr
        } else {
            return Err(SourceError::Destination(destinations.clone()));
        };
        let dir = Path::new(setting("data_directory")?).join(setting("log_directory")?);
        Ok(Self {
            dir,
            name: NamePattern::of_log_filename(setting("log_filename")?, format),
            format,
            prefix: None,
            zone: String::new(),
        })
    }

    /// A file that was named, or a pattern of files.
    fn at(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            dir: path.parent().unwrap_or(Path::new("/")).to_owned(),
            format: Format::of_name(&name),
            name: NamePattern(name.into_owned()),
            prefix: None,
            zone: String::new(),
        }
    }
}

/// A cluster that Debian's tools made is called `15/main` and logs to a file of that name.
fn debian(server: &BTreeMap<String, String>) -> Option<Source> {
    let (version, name) = server.get("cluster_name")?.split_once('/')?;
    let file = format!("{DEBIAN_DIR}/postgresql-{version}-{name}.log");
    Some(Source::at(Path::new(&file)))
}

// === impl NamePattern ===

impl NamePattern {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// `postgresql-%Y-%m-%d.log` is `postgresql-*-*-*.csv` for the csv format.
    fn of_log_filename(text: &str, format: Format) -> Self {
        let mut pattern = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => match chars.next() {
                    Some('%') => pattern.push('%'),
                    _ if !pattern.ends_with('*') => pattern.push('*'),
                    _ => {}
                },
                c => pattern.push(c),
            }
        }
        let extension = match format {
            Format::Stderr => return Self(pattern),
            Format::Csv => ".csv",
            Format::Json => ".json",
        };
        let base = pattern.strip_suffix(".log").unwrap_or(&pattern);
        Self(format!("{base}{extension}"))
    }

    /// Whether a file of that name is one of the log's, rotated or not.
    pub fn has(&self, name: &str) -> bool {
        let name = name.strip_suffix(".gz").unwrap_or(name);
        if is_like(&self.0, name) {
            // `postgresql*` for stderr is no csv.
            return Format::of_name(name) == Format::of_name(&self.0);
        }
        // Rotation adds a number or a date, once.
        let is_added = |c: char| c.is_ascii_digit() || c == '-';
        let base = name.trim_end_matches(is_added);
        let base = base.strip_suffix('.').unwrap_or(base);
        base.len() < name.len() && is_like(&self.0, base)
    }
}

/// Whether a text is like a pattern, in which `*` stands for anything.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(settings: &[(&str, &str)]) -> BTreeMap<String, String> {
        let always = [
            ("data_directory", "/data"),
            ("log_directory", "log"),
            ("log_filename", "postgresql-%Y-%m-%d_%H%M%S.log"),
            ("log_line_prefix", "%m [%p] "),
            ("log_timezone", "Europe/Berlin"),
            ("logging_collector", "on"),
            ("log_destination", "stderr"),
        ];
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        always.iter().chain(settings).map(own).collect()
    }

    #[test]
    fn the_richest_format_is_followed() {
        let of = |destination| {
            let settings = server(&[("log_destination", destination)]);
            Source::of_server(&Wanted::default(), &settings)
                .map(|source| (source.format, source.name.0))
        };
        assert_eq!(
            of("stderr, csvlog, jsonlog"),
            Ok((Format::Json, "postgresql-*-*-*_*.json".to_owned()))
        );
        assert_eq!(of("stderr,csvlog").unwrap().0, Format::Csv);
        assert_eq!(of("stderr").unwrap().1, "postgresql-*-*-*_*.log");
        assert!(matches!(of("syslog"), Err(SourceError::Destination(_))));
    }

    #[test]
    fn without_the_collector_debians_place_is_known() {
        let debian = server(&[("logging_collector", "off"), ("cluster_name", "15/main")]);
        let source = Source::of_server(&Wanted::default(), &debian).unwrap();
        assert_eq!(source.dir, Path::new("/var/log/postgresql"));
        assert!(source.name.has("postgresql-15-main.log"));
        let other = server(&[("logging_collector", "off"), ("cluster_name", "")]);
        assert_eq!(
            Source::of_server(&Wanted::default(), &other),
            Err(SourceError::Stderr)
        );
    }

    #[test]
    fn the_settings_file_comes_first() {
        let wanted = Wanted {
            path: Some("/logs/pg.json".into()),
            prefix: None,
            zone: Some("UTC".to_owned()),
        };
        let source = Source::of_server(&wanted, &server(&[])).unwrap();
        assert_eq!((source.format, source.zone.as_str()), (Format::Json, "UTC"));
        assert_eq!(source.dir, Path::new("/logs"));
        assert!(Source::of_settings(&wanted).is_some());
    }

    #[test]
    fn rotated_files_are_known_by_their_names() {
        let named = NamePattern::new("postgresql-15-main.log");
        for name in [
            "postgresql-15-main.log",
            "postgresql-15-main.log.1",
            "postgresql-15-main.log.2.gz",
            "postgresql-15-main.log-20261127",
            "postgresql-15-main.log-20261127.gz",
        ] {
            assert!(named.has(name), "{name}");
        }
        for name in [
            "postgresql-15-other.log",
            "postgresql-15-main.csv",
            "postgresql-15-main.log.bak",
            "",
        ] {
            assert!(!named.has(name), "{name}");
        }
        let dated = NamePattern::of_log_filename("postgresql-%a.log", Format::Csv);
        assert!(dated.has("postgresql-Mon.csv") && !dated.has("postgresql-Mon.log"));
        let bare = NamePattern::of_log_filename("postgresql-%a", Format::Stderr);
        assert!(bare.has("postgresql-Mon") && !bare.has("postgresql-Mon.csv"));
    }
}
