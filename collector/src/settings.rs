//! What the settings file says about the collector: `[collector]`, `[project]` and `[uplink]`.
//!
//! All of it is checked before anything is opened.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::settings::{HostMetrics, Journal, Project, Reader, Section, SettingsError, Uplink};
use wire::host::Role;

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
    /// How long a stopping daemon goes on sending.
    pub drain_timeout: Duration,
}

/// Where PHP connects to, and who may.
#[derive(Clone, Debug)]
pub struct Socket {
    pub path: PathBuf,
    pub mode: u32,
    /// A group's number; none leaves the daemon's own.
    pub group: Option<u32>,
}

/// A socket's address has room for 107 bytes, and 4 of them name the fresh one while it is made.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// Where groups have their names.
const GROUPS_FILE: &str = "/etc/group";

// === impl Settings ===

impl Settings {
    /// Reads and checks the file, and that the token it names can be used.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let mut reader = Reader::open(path)?;
        let settings = Self::read(&mut reader);
        reader.finish()?;
        settings.uplink.check_token()?;
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
        Self {
            socket: Socket::read(section),
            udp: section.value("udp", "127.0.0.1:7800", parse_udp),
            spool_dir: section.value("spool_dir", "/run/bitville/spool", parse_spool_dir),
            role: section.value("role", "web", parse_role),
            journal: Journal::read(section, "/var/lib/bitville/collector", "32MiB", "1GiB"),
            host_metrics: HostMetrics::read(section),
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
            group: section.value("socket_group", "", parse_group),
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

/// Loopback only: datagrams carry no token, so whoever can send one is believed.
fn parse_udp(text: &str) -> Result<Option<SocketAddr>, String> {
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
        text if text.starts_with('/') => Ok(Some(PathBuf::from(text))),
        text => Err(format!("an absolute path is allowed, got {text:?}")),
    }
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

/// A group by its name or number. Looked up in the file, not in a directory service: a daemon that
/// keeps records through outages must start during one.
fn parse_group(text: &str) -> Result<Option<u32>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(number) = text.parse() {
        return Ok(Some(number));
    }
    let groups = std::fs::read_to_string(GROUPS_FILE).unwrap_or_default();
    find_group(&groups, text)
        .map(Some)
        .ok_or_else(|| format!("a group in {GROUPS_FILE} or a number is allowed, got {text:?}"))
}

fn find_group(groups: &str, name: &str) -> Option<u32> {
    let mut rows = groups.lines().map(|line| line.split(':'));
    let mut row = rows.find_map(|mut row| (row.next() == Some(name)).then_some(row))?;
    row.nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests;
