//! `[graylog]`: where records are forwarded to, which, and how fast.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use daemon::settings::Section;
use wire::ids::{Kind, Project};

use crate::gelf::message::FRAME_BYTES_LEAST;

/// What the forwarder is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graylog {
    pub is_on: bool,
    /// The preferred one first.
    pub servers: Vec<Server>,
    /// Under which name it is remembered how far records have been forwarded.
    pub destination: String,
    /// Certificates of whom to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Who we are, where the server asks for it.
    pub client_cert: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
    /// A header of each HTTP request, and the file with its value.
    pub http_header: String,
    pub http_header_file: Option<PathBuf>,
    pub frame_bytes_max: usize,
    /// Whether the members of lists become messages of their own.
    pub has_lists: bool,
    pub kinds: Choice,
    pub projects: Choice,
    /// Kinds of which only so many in a hundred are forwarded.
    pub sample_percent: BTreeMap<String, u8>,
    pub order: Order,
    pub batch_messages_max: usize,
    pub batch_bytes_max: usize,
    pub batch_interval: Duration,
    pub batches_in_flight_max: usize,
    /// Messages a second of records that are late; 0 is no limit.
    pub replay_rate: u64,
    /// How far before an outage records are sent again.
    pub replay_window: Duration,
    pub connect_timeout: Duration,
    pub send_timeout: Duration,
    pub receipt_timeout: Duration,
    pub breaker_failures: u32,
    pub breaker_reset: Duration,
    pub backoff_max: Duration,
}

/// A GELF input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    Tcp {
        host: String,
        port: u16,
    },
    Tls {
        host: String,
        port: u16,
    },
    /// With its path, `/gelf`.
    Http {
        url: String,
    },
}

/// What is late goes before or after what is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Oldest,
    Live,
}

/// Names that are wanted: all, some, or all but some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    only: Vec<String>,
    but: Vec<String>,
}

const MIB: u64 = 1024 * 1024;

const SECOND: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_secs(3_600);

/// Servers of one cluster.
const SERVERS_MAX: usize = 16;

const SERVER_ALLOWED: &str =
    "tcp://host:port, tls://host:port, http://host:port/gelf or https://host/gelf is allowed";

// === impl Graylog ===

impl Graylog {
    pub(super) const SECTION: &'static str = "graylog";

    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let graylog = Self {
            is_on: section.boolean("enabled", "off"),
            servers: section.value("servers", "tcp://127.0.0.1:12201", parse_servers),
            destination: section.value("destination", "graylog", parse_destination),
            ca_file: section.path_optional("ca_file", ""),
            client_cert: section.path_optional("client_cert", ""),
            client_key: section.path_optional("client_key", ""),
            http_header: section.value("http_header", "Authorization", parse_header),
            http_header_file: section.path_optional("http_header_file", ""),
            // Graylog's own limit is 2 MiB, and a frame beyond it ends the connection.
            frame_bytes_max: usize_of(section.size_between(
                "frame_max",
                "1MiB",
                FRAME_BYTES_LEAST,
                64 * MIB,
            )),
            has_lists: section.boolean("lists", "off"),
            kinds: section.value("kinds", "", |text| {
                Choice::parse(text, |name| Kind::try_new(name).map(drop))
            }),
            projects: section.value("projects", "", |text| {
                Choice::parse(text, |name| Project::try_new(name).map(drop))
            }),
            sample_percent: section.value("sample", "", parse_samples),
            order: section.value("order", "oldest", parse_order),
            batch_messages_max: usize_of(section.number_between(
                "batch_messages_max",
                "2000",
                1,
                100_000,
            )),
            batch_bytes_max: usize_of(section.size_between(
                "batch_bytes_max",
                "2MiB",
                FRAME_BYTES_LEAST,
                64 * MIB,
            )),
            batch_interval: section.duration_between(
                "batch_interval",
                "1s",
                Duration::from_millis(10),
                HOUR,
            ),
            batches_in_flight_max: usize_of(section.number_between(
                "batches_in_flight_max",
                "4",
                1,
                64,
            )),
            replay_rate: section.number_between("replay_rate", "5000", 0, 10_000_000),
            replay_window: section.duration_between("replay_window", "90s", Duration::ZERO, HOUR),
            connect_timeout: section.duration_between("connect_timeout", "5s", SECOND, HOUR),
            send_timeout: section.duration_between("send_timeout", "15s", SECOND, HOUR),
            receipt_timeout: section.duration_between("receipt_timeout", "30s", SECOND, HOUR),
            breaker_failures: u32_of(section.number_between("breaker_failures", "5", 1, 1_000)),
            breaker_reset: section.duration_between("breaker_reset", "30s", SECOND, HOUR),
            backoff_max: section.duration_between("backoff_max", "30s", SECOND, HOUR),
        };
        graylog.check(section);
        graylog
    }

    /// What no key can be told by itself.
    fn check(&self, section: &mut Section<'_>) {
        if self.is_on && self.servers.is_empty() {
            section.refuse(
                "servers",
                &format!("one at least is needed: {SERVER_ALLOWED}"),
            );
        }
        if self.client_cert.is_some() != self.client_key.is_some() {
            section.refuse(
                "client_cert",
                "client_cert and client_key are allowed together or not at all",
            );
        }
    }
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).expect("its bound fits any machine")
}

fn u32_of(number: u64) -> u32 {
    u32::try_from(number).expect("its bound is a thousand")
}

// === impl Server ===

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("{SERVER_ALLOWED}, got {text:?}");
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        if let "http" | "https" = scheme {
            let (authority, path) = rest.split_once('/').ok_or_else(refused)?;
            let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'@';
            let is_url = !authority.is_empty() && !path.is_empty() && rest.bytes().all(is_plain);
            let url = text.to_owned();
            return is_url.then_some(Self::Http { url }).ok_or_else(refused);
        }
        let (host, port) = rest.rsplit_once(':').ok_or_else(refused)?;
        let port: u16 = port.parse().map_err(|_| refused())?;
        let host = host
            .strip_prefix('[')
            .and_then(|it| it.strip_suffix(']'))
            .unwrap_or(host);
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte);
        if host.is_empty() || !host.bytes().all(is_host) || port == 0 {
            return Err(refused());
        }
        let host = host.to_owned();
        match scheme {
            "tcp" => Ok(Self::Tcp { host, port }),
            "tls" => Ok(Self::Tls { host, port }),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Http { url } => return f.write_str(url),
            Self::Tcp { host, port } => ("tcp", host, port),
            Self::Tls { host, port } => ("tls", host, port),
        };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

// === impl Choice ===

impl Choice {
    /// `shop, blog` are those alone; `-shop` is all but that one.
    fn parse<E: fmt::Display>(
        text: &str,
        check: impl Fn(&str) -> Result<(), E>,
    ) -> Result<Self, String> {
        let mut choice = Self::default();
        for name in listed(text) {
            let (names, name) = match name.strip_prefix('-') {
                Some(name) => (&mut choice.but, name),
                None => (&mut choice.only, name),
            };
            check(name).map_err(|error| error.to_string())?;
            names.push(name.to_owned());
        }
        Ok(choice)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        let is_in = |names: &[String]| names.iter().any(|it| it == name);
        (self.only.is_empty() || is_in(&self.only)) && !is_in(&self.but)
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty())
}

fn parse_servers(text: &str) -> Result<Vec<Server>, String> {
    let servers: Vec<Server> = listed(text).map(str::parse).collect::<Result<_, _>>()?;
    if servers.len() > SERVERS_MAX {
        return Err(format!("at most {SERVERS_MAX} servers are allowed"));
    }
    Ok(servers)
}

fn parse_destination(text: &str) -> Result<String, String> {
    Project::try_new(text)
        .map(|name| name.as_str().to_owned())
        .map_err(|_| format!("1 to 64 of [A-Za-z0-9._-] is allowed, got {text:?}"))
}

fn parse_header(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !text.is_empty() && text.bytes().all(is_token) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "a header's name of [A-Za-z0-9-] is allowed, got {text:?}"
        ))
    }
}

/// `pg_activity 10%, traffic 50%`
fn parse_samples(text: &str) -> Result<BTreeMap<String, u8>, String> {
    let each = listed(text).map(|pair| {
        let allowed = || {
            format!(
                "kinds and shares of 1% to 100% such as pg_activity 10% are allowed, got {pair:?}"
            )
        };
        let (kind, share) = pair.split_once(' ').ok_or_else(allowed)?;
        Kind::try_new(kind).map_err(|error| error.to_string())?;
        let share = share
            .trim()
            .strip_suffix('%')
            .and_then(|it| it.parse().ok());
        let share = share
            .filter(|share| (1..=100).contains(share))
            .ok_or_else(allowed)?;
        Ok((kind.to_owned(), share))
    });
    each.collect()
}

fn parse_order(text: &str) -> Result<Order, String> {
    match text {
        "oldest" => Ok(Order::Oldest),
        "live" => Ok(Order::Live),
        _ => Err(format!("oldest or live is allowed, got {text:?}")),
    }
}

#[cfg(test)]
mod tests;
