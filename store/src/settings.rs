//! The store's settings: `[store]`, `[graylog]` and `[notify]` of the settings file, checked before any socket is opened.

mod graylog;
mod notify;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::identity::IdentityFiles;
use daemon::settings::{Reader, Section, SettingsError};
use wire::ids::Kind;

pub use self::graylog::{Choice, Graylog, Order, Server};
pub use self::notify::Notify;
use crate::rate::Rates;

/// What the store is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Where agents send their batches.
    pub ingest_listen: SocketAddr,
    /// Where signed datagrams arrive; none if they don't.
    pub ingest_udp: Option<SocketAddr>,
    /// How ingest proves who it is; none is plain HTTP.
    pub tls: Option<IdentityFiles>,
    /// Where the console asks.
    pub query_listen: SocketAddr,
    /// Where the database is.
    pub data_dir: PathBuf,
    /// How long records are kept.
    pub retention: Duration,
    /// Kinds that are kept for less than that.
    pub retention_of_kinds: Vec<KindRetention>,
    /// What the databases may take in all; 0 is no limit.
    pub disk_bytes_max: u64,
    /// What their disk shall have left for others.
    pub disk_free_bytes_min: u64,
    pub durability: Durability,
    pub(crate) rates: Rates,
    pub graylog: Graylog,
    pub notify: Notify,
}

/// How long records of one kind are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindRetention {
    pub kind: String,
    pub kept: Duration,
}

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The record is on the disk: it survives a power failure.
    Full,
    /// The record is with the kernel: it survives a kill of the store, not of the machine.
    Normal,
}

/// Shorter than this and a spike's baseline is gone before anybody looks.
const RETENTION_MIN: Duration = Duration::from_secs(3_600);

/// Days are thinned as a whole.
const DAY: Duration = Duration::from_secs(86_400);

/// A year. Every question opens the days that it is about.
const RETENTION_MAX: Duration = Duration::from_secs(366 * 86_400);

/// More than any machine has.
const DISK_MAX: u64 = 1 << 50;

/// More than any machine sends; as a number that a float holds exactly.
const RATE_MAX: u64 = 1 << 40;

// === impl Store ===

impl Store {
    /// Reads and checks the file.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let mut reader = Reader::open(path)?;
        let settings = Self::read(&mut reader);
        reader.finish()?;
        if let Some(files) = &settings.tls {
            files.read().map_err(SettingsError::Identity)?;
        }
        Ok(settings)
    }

    /// Reads `[store]`, `[graylog]` and `[notify]`; what is wrong is told by the reader's `finish`.
    pub fn read(reader: &mut Reader) -> Self {
        let graylog = reader.section(Graylog::SECTION, Graylog::read);
        let notify = reader.section(Notify::SECTION, Notify::read);
        reader.section("store", |section| Self {
            tls: read_tls(section),
            ingest_udp: section.value("ingest_udp", "", |text| match text {
                "" => Ok(None),
                text => parse_address(text).map(Some),
            }),
            ingest_listen: section.value("ingest_listen", "127.0.0.1:7801", parse_address),
            query_listen: section.value("query_listen", "127.0.0.1:7802", parse_address),
            data_dir: section.path("data_dir", "/var/lib/bitville/store"),
            retention: section.duration_between("retention", "7d", RETENTION_MIN, RETENTION_MAX),
            retention_of_kinds: section.value("retention_of_kinds", "", parse_kinds),
            disk_bytes_max: section.size_between("disk_max", "0B", 0, DISK_MAX),
            disk_free_bytes_min: section.size_between("disk_free_min", "512MiB", 0, DISK_MAX),
            durability: section.value("durability", "full", parse_durability),
            rates: Rates {
                records_per_s: section.number_between("rate_records", "20000", 0, RATE_MAX),
                bytes_per_s: section.size_between("rate_bytes", "32MiB", 0, RATE_MAX),
                connections: section.number_between("rate_batches", "4", 0, 1_000),
            },
            graylog,
            notify,
        })
    }
}

impl Default for Store {
    /// What an empty file says.
    fn default() -> Self {
        Self::read(&mut Reader::from_text(Path::new("none"), ""))
    }
}

// === impl KindRetention ===

impl KindRetention {
    pub(crate) fn kept_us(&self) -> i64 {
        i64::try_from(self.kept.as_micros()).unwrap_or(i64::MAX)
    }
}

// === impl Durability ===

impl Durability {
    /// The value of SQLite's `synchronous`.
    pub(crate) fn pragma(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
        }
    }
}

/// Both files or none.
fn read_tls(section: &mut Section<'_>) -> Option<IdentityFiles> {
    let certificate = section.path_optional("tls_cert", "");
    let key = section.path_optional("tls_key", "");
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some(IdentityFiles { certificate, key }),
        (None, None) => None,
        (given, _) => {
            let key = if given.is_some() {
                "tls_key"
            } else {
                "tls_cert"
            };
            section.refuse(
                key,
                "tls_cert and tls_key are allowed together or not at all",
            );
            None
        }
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "an address and a port such as 127.0.0.1:7801 or [::1]:7801 are allowed, got {text:?}"
        )
    })
}

/// `pg_activity 2d, host_metrics 3d`.
fn parse_kinds(text: &str) -> Result<Vec<KindRetention>, String> {
    let each = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    each.map(|pair| {
        let allowed =
            || format!("kinds and times such as pg_activity 2d are allowed, got {pair:?}");
        let (kind, kept) = pair.split_once(' ').ok_or_else(allowed)?;
        Kind::try_new(kind).map_err(|error| error.to_string())?;
        let kept = wire::human::parse_duration(kept.trim()).map_err(|_| allowed())?;
        if kept < DAY {
            return Err(format!("a kind is kept for at least 1d, got {pair:?}"));
        }
        Ok(KindRetention {
            kind: kind.to_owned(),
            kept,
        })
    })
    .collect()
}

fn parse_durability(text: &str) -> Result<Durability, String> {
    match text {
        "full" => Ok(Durability::Full),
        "normal" => Ok(Durability::Normal),
        _ => Err(format!("full or normal is allowed, got {text:?}")),
    }
}

#[cfg(test)]
mod tests;
