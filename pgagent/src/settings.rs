//! What the settings file says about pgagent: `[pgagent]`, `[project]` and `[uplink]`.
//!
//! All of it is checked before anything is opened. The password comes from a file of its own, never
//! from the DSN: the settings are read by other programs too.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use daemon::log::chain;
use daemon::secret::Secret;
use daemon::settings::{HostMetrics, Journal, Project, Reader, Section, SettingsError, Uplink};
use tokio_postgres::config::SslMode;
use wire::ids::Host;

use crate::projects::Projects;
use crate::serverlog::prefix::Prefix;
use crate::serverlog::source::Wanted;
use crate::serverlog::stamp::Stamps;
use crate::survey::Scope;

/// Every setting that pgagent reads.
#[derive(Clone, Debug)]
pub struct Settings {
    pub project: Project,
    pub database: Database,
    pub sampling: Sampling,
    /// None where the log is left alone.
    pub log: Option<Log>,
    pub journal: Journal,
    pub host_metrics: HostMetrics,
    pub uplink: Uplink,
}

/// How to get into the database.
#[derive(Clone, Debug)]
pub struct Database {
    pub config: tokio_postgres::Config,
    pub password: Option<Secret>,
}

/// What to look for, and how often.
#[derive(Clone, Debug)]
pub struct Sampling {
    /// The interval while the agent stays within its budget.
    pub interval: Duration,
    /// What watching may cost, in thousandths of one core.
    pub budget_permille: u32,
    /// What stands before the correlation id in an application name.
    pub prefix: String,
    /// Whose sessions are, if not the agent's own project's.
    pub projects: Projects,
    /// What is asked seldom.
    pub scope: Scope,
}

/// How the server's log is read.
#[derive(Clone, Debug)]
pub struct Log {
    pub wanted: Wanted,
    pub with_values: bool,
}

/// An application name has 63 bytes, a UUID 36 of them.
const PREFIX_BYTES_MAX: usize = 63 - 36;

/// The fastest that the budget can carry on a small server.
const INTERVAL_LEAST: Duration = Duration::from_millis(100);
/// Slower than this, samples miss what they are for.
const INTERVAL_MOST: Duration = Duration::from_secs(60);

// === impl Settings ===

impl Settings {
    pub const SECTION: &'static str = "pgagent";

    /// Reads and checks the file, and that the token it names can be used.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let mut reader = Reader::open(path)?;
        let settings = Self::read(&mut reader);
        reader.finish()?;
        settings.uplink.check_files()?;
        Ok(settings)
    }

    /// Reads what the reader holds; problems stay with the reader.
    pub fn read(reader: &mut Reader) -> Self {
        let mut project = reader.section(Project::SECTION, Project::read);
        let uplink = reader.section(Uplink::SECTION, Uplink::read);
        reader.section(Self::SECTION, |section| {
            if let Some(host) = section.value("host", "", parse_host) {
                project.host = host;
            }
            Self {
                project,
                database: Database::read(section),
                sampling: Sampling::read(section),
                log: Log::read(section),
                journal: Journal::read(section, "/var/lib/bitville/pgagent", "16MiB", "512MiB"),
                host_metrics: HostMetrics::read(section),
                uplink,
            }
        })
    }
}

// === impl Database ===

impl Database {
    /// Whether the server runs on this machine.
    pub fn is_local(&self) -> bool {
        self.config.get_hosts().iter().all(|host| match host {
            tokio_postgres::config::Host::Unix(_) => true,
            tokio_postgres::config::Host::Tcp(name) => {
                name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
        })
    }

    fn read(section: &mut Section<'_>) -> Self {
        let default = "host=/var/run/postgresql user=pgagent dbname=postgres";
        Self {
            config: section.value("dsn", default, parse_dsn),
            password: section.value("password_file", "", |text| match text {
                "" => Ok(None),
                path => Secret::from_file(Path::new(path))
                    .map(Some)
                    .map_err(|e| chain(&e)),
            }),
        }
    }
}

// === impl Sampling ===

impl Sampling {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            interval: section.duration_between("interval", "1s", INTERVAL_LEAST, INTERVAL_MOST),
            budget_permille: section.value("budget", "1%", parse_budget),
            prefix: section.value("application_name_prefix", "bv:", parse_prefix),
            projects: section.value("projects", "", str::parse),
            scope: Scope {
                with_statements: section.boolean("statements", "on"),
                with_database: section.boolean("database_facts", "on"),
            },
        }
    }
}

// === impl Log ===

impl Log {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let is_on = section.boolean("logs", "on");
        let log = Self {
            wanted: Wanted {
                path: section.path_optional("log_path", ""),
                prefix: section.value("log_line_prefix", "", parse_line_prefix),
                zone: section.value("log_timezone", "", parse_zone),
            },
            with_values: section.boolean("log_values", "off"),
        };
        is_on.then_some(log)
    }
}

/// `1%`, `0.5%`
fn parse_budget(text: &str) -> Result<u32, String> {
    let percent = text
        .strip_suffix('%')
        .and_then(|number| number.parse::<f64>().ok());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the bounds"
    )]
    match percent {
        Some(percent) if (0.1..=100.0).contains(&percent) => Ok((percent * 10.0).round() as u32),
        _ => Err(format!(
            "0.1% to 100% of one core are allowed, got {text:?}"
        )),
    }
}

fn parse_line_prefix(text: &str) -> Result<Option<String>, String> {
    match text {
        "" => Ok(None),
        text => match Prefix::compile(text) {
            Ok(_) => Ok(Some(text.to_owned())),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn parse_zone(text: &str) -> Result<Option<String>, String> {
    match text {
        "" => Ok(None),
        text => match Stamps::new(text) {
            Ok(_) => Ok(Some(text.to_owned())),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn parse_host(text: &str) -> Result<Option<Host>, String> {
    match text {
        "" => Ok(None),
        text => Host::try_new(text)
            .map(Some)
            .map_err(|error| error.to_string()),
    }
}

fn parse_dsn(text: &str) -> Result<tokio_postgres::Config, String> {
    let allowed = "key=value pairs such as host=/var/run/postgresql user=pgagent dbname=shop";
    // The text is not repeated: someone may have tried to put a password into it.
    let config: tokio_postgres::Config = text
        .parse()
        .map_err(|e| format!("{allowed} are allowed: {}", chain(&e)))?;
    if config.get_password().is_some() {
        return Err(
            "a password is not allowed here: put it into a file, and its path into password_file"
                .to_owned(),
        );
    }
    if config.get_hosts().len() != 1 {
        return Err(format!(
            "{allowed} are allowed, with one host, got {}",
            config.get_hosts().len()
        ));
    }
    if config.get_ssl_mode() == SslMode::Require {
        return Err(
            "sslmode=require is not allowed: the agent runs beside its server and speaks no TLS"
                .to_owned(),
        );
    }
    Ok(config)
}

fn parse_prefix(text: &str) -> Result<String, String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if (1..=PREFIX_BYTES_MAX).contains(&text.len()) && is_plain {
        return Ok(text.to_owned());
    }
    Err(format!(
        "1 to {PREFIX_BYTES_MAX} characters of printable ASCII are allowed, got {text:?}"
    ))
}

#[cfg(test)]
mod tests;
