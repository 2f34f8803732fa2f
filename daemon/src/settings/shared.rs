//! The sections and keys that more than one daemon reads: who we are, the journal, the uplink.

use std::path::PathBuf;
use std::time::Duration;

use wire::ids;
use wire::limits;

use super::{Section, SettingsError};
use crate::authority;
use crate::secret::Secret;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// `[project]`: whose records these are.
#[derive(Clone, Debug)]
pub struct Project {
    pub name: ids::Project,
    pub host: ids::Host,
}

/// The keys of an agent's own section that concern its journal.
#[derive(Clone, Debug)]
pub struct Journal {
    pub dir: PathBuf,
    pub memory_bytes_max: u64,
    pub disk_bytes_max: u64,
    pub fsync_interval: Duration,
}

/// The keys of an agent's own section that concern the machine it runs on.
#[derive(Clone, Copy, Debug)]
pub struct HostMetrics {
    pub is_on: bool,
    pub interval: Duration,
    /// Load per core at which readings are taken every second; 0 is never.
    pub busy_load: f64,
}

/// `[uplink]`: the way to the store.
#[derive(Clone, Debug)]
pub struct Uplink {
    /// Without a slash at its end.
    pub url: String,
    pub token_file: PathBuf,
    /// Certificates of whom to trust instead of the system's; none trusts the system's.
    pub ca_file: Option<PathBuf>,
    pub batch_records_max: usize,
    pub batch_bytes_max: usize,
    pub batch_interval: Duration,
    pub timeout: Duration,
    pub breaker_failures: u32,
    pub breaker_reset: Duration,
    pub backoff_max: Duration,
}

// === impl Project ===

impl Project {
    pub const SECTION: &'static str = "project";

    pub fn read(section: &mut Section<'_>) -> Self {
        let stand_in = ids::Project::try_new("unset").expect("the stand-in is a valid name");
        section.insist("name", "1 to 64 of [A-Za-z0-9._-] is allowed");
        Self {
            name: section.required("name", "shop", stand_in, |text| ids::Project::try_new(text)),
            host: section.value("host", "", |text| match text {
                "" => ids::Host::try_new(host_name()),
                text => ids::Host::try_new(text),
            }),
        }
    }
}

// === impl Journal ===

impl Journal {
    /// Less than this and segments become too small to hold the largest record.
    const DISK_BYTES_LEAST: u64 = 16 * MIB;

    pub fn read(section: &mut Section<'_>, dir: &str, memory: &str, disk: &str) -> Self {
        Self {
            dir: section.path("journal_dir", dir),
            memory_bytes_max: section.size_between("journal_memory", memory, 0, 16 * GIB),
            disk_bytes_max: section.size_between(
                "journal_disk",
                disk,
                Self::DISK_BYTES_LEAST,
                1024 * GIB,
            ),
            fsync_interval: section.duration_between(
                "fsync_interval",
                "1s",
                Duration::from_millis(10),
                Duration::from_secs(60),
            ),
        }
    }
}

// === impl HostMetrics ===

impl HostMetrics {
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            is_on: section.boolean("host_metrics", "on"),
            interval: section.duration_between(
                "host_metrics_interval",
                "10s",
                Duration::from_secs(1),
                Duration::from_secs(600),
            ),
            busy_load: section.value("host_metrics_busy_load", "1.5", parse_load),
        }
    }
}

// === impl Uplink ===

impl Uplink {
    pub const SECTION: &'static str = "uplink";

    pub fn read(section: &mut Section<'_>) -> Self {
        let records_most = limits::BATCH_RECORDS_MAX as u64;
        let bytes_most = limits::BATCH_PLAIN_BYTES_MAX as u64;
        let second = Duration::from_secs(1);
        Self {
            url: section.value("url", "http://127.0.0.1:7801", parse_url),
            token_file: section.path("token_file", "/etc/bitville/token"),
            ca_file: section.path_optional("ca_file", ""),
            batch_records_max: to_usize(section.number_between(
                "batch_records_max",
                "500",
                1,
                records_most,
            )),
            batch_bytes_max: to_usize(section.size_between(
                "batch_bytes_max",
                "4MiB",
                KIB,
                bytes_most,
            )),
            batch_interval: section.duration_between(
                "batch_interval",
                "1s",
                Duration::from_millis(10),
                60 * second,
            ),
            timeout: section.duration_between("timeout", "10s", second, 300 * second),
            breaker_failures: u32::try_from(section.number_between(
                "breaker_failures",
                "5",
                1,
                1_000,
            ))
            .expect("1,000 fits"),
            breaker_reset: section.duration_between(
                "breaker_reset",
                "5s",
                Duration::from_millis(10),
                600 * second,
            ),
            backoff_max: section.duration_between(
                "backoff_max",
                "30s",
                Duration::from_millis(10),
                3600 * second,
            ),
        }
    }

    /// Whether the files that are named can be used, for a start and for `--check-config`: an agent that
    /// can't deliver must fail when it is set up, not at night.
    pub fn check_files(&self) -> Result<(), SettingsError> {
        Secret::from_file(&self.token_file).map_err(SettingsError::Token)?;
        if let Some(path) = &self.ca_file {
            authority::read(path).map_err(SettingsError::Authority)?;
        }
        Ok(())
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).expect("the bound fits the address space")
}

/// The machine's own name, as the kernel has it.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}

fn parse_load(text: &str) -> Result<f64, String> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse()
        .ok()
        .filter(|load: &f64| is_plain && (0.0..=1_000.0).contains(load))
        .ok_or_else(|| format!("a number from 0 to 1000 is allowed, got {text:?}"))
}

fn parse_url(text: &str) -> Result<String, String> {
    let url = text.trim_end_matches('/');
    let authority = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    match authority {
        Some(rest) if !rest.is_empty() && !url.contains(['?', '#', '@', ' ']) => Ok(url.to_owned()),
        _ => Err(format!(
            "http://host:port or https://host:port is allowed, got {text:?}"
        )),
    }
}
