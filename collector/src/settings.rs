//! What the settings file says about the collector: `[collector]`, `[project]` and `[uplink]`.
//!
//! All of it is checked before anything is opened.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::settings::{HostMetrics, Journal, Project, Reader, Section, SettingsError, Uplink};
use wire::host::Role;
use wire::human;

use crate::fpm;

/// Every setting that the collector reads.
#[derive(Clone, Debug)]
pub struct Settings {
    pub project: Project,
    pub uplink: Uplink,
    pub collector: Collector,
}

/// `[collector]`
#[derive(Clone, Debug)]
pub struct Collector {
    pub socket: Socket,
    /// Where datagrams arrive; none if they don't.
    pub udp: Option<SocketAddr>,
    /// Where PHP leaves frames that nobody took; none if it doesn't.
    pub spool_dir: Option<PathBuf>,
    pub role: Role,
    pub journal: Journal,
    pub host_metrics: HostMetrics,
    pub fpm: fpm::Watched,
    pub worker: Worker,
    /// Where health and metrics are told; none if they aren't.
    pub health_listen: Option<SocketAddr>,
    /// How long a stopping daemon goes on sending.
    pub drain_timeout: Duration,
}

/// Where PHP connects to, and who may.
#[derive(Clone, Debug)]
pub struct Socket {
    pub path: PathBuf,
    pub mode: u32,
    /// A user's and a group's number; none leaves the daemon's own.
    pub owner: Option<u32>,
    pub group: Option<u32>,
    /// Whose processes are served; empty if everybody's whom the socket's mode lets in.
    pub users: Vec<u32>,
}

/// When a worker is replaced by a fresh one.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    /// Records that it has taken.
    pub requests_max: u64,
    /// Memory that it has resident.
    pub memory_bytes_max: u64,
}

/// A socket's address has room for 107 bytes, and 4 of them name the fresh one while it is made.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// Where users and groups have their names.
const USERS_FILE: &str = "/etc/passwd";
const GROUPS_FILE: &str = "/etc/group";

/// Users that a socket may be kept to: more is a group's business.
const USERS_MAX: usize = 32;

/// Pools that are asked, and logs that are read: more than any machine has users for.
const FPM_MAX: usize = 32;

const MIB: u64 = 1024 * 1024;

// === impl Settings ===

impl Settings {
    /// Reads and checks the file, and that the token it names can be used.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let mut reader = Reader::open(path)?;
        let settings = Self::read(&mut reader);
        reader.finish()?;
        settings.uplink.check_files()?;
        Ok(settings)
    }

    /// Reads the text of a file that was in order before.
    pub fn from_text(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let mut reader = Reader::from_text(path, text);
        let settings = Self::read(&mut reader);
        reader.finish()?;
        Ok(settings)
    }

    /// Reads what the reader holds; problems stay with the reader.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            project: reader.section(Project::SECTION, Project::read),
            uplink: reader.section(Uplink::SECTION, Uplink::read),
            collector: reader.section(Collector::SECTION, Collector::read),
        }
    }
}

// === impl Collector ===

impl Collector {
    pub const SECTION: &'static str = "collector";

    fn read(section: &mut Section<'_>) -> Self {
        let collector = Self::read_each(section);
        // Half is for all else: a worker that its own journal fills would be replaced for ever.
        if collector.journal.memory_bytes_max > collector.worker.memory_bytes_max / 2 {
            let half = human::format_size(collector.worker.memory_bytes_max / 2);
            let problem = format!("at most half of worker_memory is allowed, which is {half}");
            section.refuse("journal_memory", &problem);
        }
        collector
    }

    fn read_each(section: &mut Section<'_>) -> Self {
        Self {
            socket: Socket::read(section),
            udp: section.value("udp", "127.0.0.1:7800", parse_loopback),
            spool_dir: section.value("spool_dir", "/run/bitville/spool", parse_spool_dir),
            role: section.value("role", "web", parse_role),
            journal: Journal::read(section, "/var/lib/bitville/collector", "32MiB", "1GiB"),
            host_metrics: HostMetrics::read(section),
            fpm: fpm::Watched {
                pools: section.value("fpm_status", "", |text| {
                    parse_list(text, FPM_MAX, fpm::Target::parse)
                }),
                slowlogs: section.value("fpm_slowlog", "", |text| {
                    parse_list(text, FPM_MAX, parse_absolute)
                }),
            },
            worker: Worker {
                requests_max: section.number_between("worker_requests", "1000", 100, 1_000),
                memory_bytes_max: section.size_between(
                    "worker_memory",
                    "256MiB",
                    64 * MIB,
                    16 * 1024 * MIB,
                ),
            },
            health_listen: section.value("health_listen", "127.0.0.1:7803", parse_loopback),
            drain_timeout: section.duration_between(
                "drain_timeout",
                "10s",
                Duration::ZERO,
                Duration::from_secs(300),
            ),
        }
    }
}

// === impl Socket ===

impl Socket {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            path: section.value("socket", "/run/bitville/collector.sock", parse_socket),
            mode: section.value("socket_mode", "0660", parse_mode),
            owner: section.value("socket_owner", "", parse_user),
            group: section.value("socket_group", "", parse_group),
            users: section.value("socket_users", "", parse_users),
        }
    }
}

fn parse_role(text: &str) -> Result<Role, String> {
    match text {
        "web" => Ok(Role::Web),
        "db" => Ok(Role::Db),
        _ => Err(format!("web or db is allowed, got {text:?}")),
    }
}

/// Loopback only: what comes here or is told here has no token.
fn parse_loopback(text: &str) -> Result<Option<SocketAddr>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .ok()
        .filter(|address: &SocketAddr| address.ip().is_loopback())
        .map(Some)
        .ok_or_else(|| format!("a loopback address and a port is allowed, got {text:?}"))
}

fn parse_spool_dir(text: &str) -> Result<Option<PathBuf>, String> {
    match text {
        "" => Ok(None),
        text => parse_absolute(text).map(Some),
    }
}

fn parse_absolute(text: &str) -> Result<PathBuf, String> {
    if text.starts_with('/') {
        return Ok(PathBuf::from(text));
    }
    Err(format!("an absolute path is allowed, got {text:?}"))
}

fn parse_socket(text: &str) -> Result<PathBuf, String> {
    if text.starts_with('/') && text.len() <= SOCKET_PATH_BYTES_MAX {
        return Ok(PathBuf::from(text));
    }
    Err(format!(
        "an absolute path of up to {SOCKET_PATH_BYTES_MAX} bytes is allowed, got {text:?}"
    ))
}

fn parse_mode(text: &str) -> Result<u32, String> {
    let is_octal =
        (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| is_octal && *mode <= 0o777)
        .ok_or_else(|| format!("an octal mode from 0000 to 0777 is allowed, got {text:?}"))
}

fn parse_group(text: &str) -> Result<Option<u32>, String> {
    parse_name(text, GROUPS_FILE, "group")
}

fn parse_user(text: &str) -> Result<Option<u32>, String> {
    parse_name(text, USERS_FILE, "user")
}

fn parse_users(text: &str) -> Result<Vec<u32>, String> {
    let users = parse_list(text, USERS_MAX, parse_user)?;
    Ok(users.into_iter().flatten().collect())
}

/// Several values with blanks between.
fn parse_list<T>(
    text: &str,
    most: usize,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.len() > most {
        return Err(format!("at most {most} are allowed, got {}", parts.len()));
    }
    parts.into_iter().map(parse).collect()
}

/// A user or group by its name or number. Looked up in the file, not in a directory service: a daemon that
/// keeps records through outages must start during one.
fn parse_name(text: &str, file: &str, what: &str) -> Result<Option<u32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(number) = text.parse() {
        return Ok(Some(number));
    }
    let rows = std::fs::read_to_string(file).unwrap_or_default();
    find_id(&rows, text)
        .map(Some)
        .ok_or_else(|| format!("a {what} in {file} or a number is allowed, got {text:?}"))
}

/// Both files have name, password and number first in a row.
fn find_id(rows: &str, name: &str) -> Option<u32> {
    let mut rows = rows.lines().map(|line| line.split(':'));
    let mut row = rows.find_map(|mut row| (row.next() == Some(name)).then_some(row))?;
    row.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests;
