//! The command line: the daemon, tokens, and recordings.

use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use daemon::clock::Clock;
use daemon::settings::SettingsError;
use wire::ids::Project;
use wire::record::Record;
use wire::time::Instant;

use crate::calendar;
use crate::cert;
use crate::db;
use crate::db::files::Files;
use crate::db::meta::Meta;
use crate::db::reader::Reader;
use crate::forward;
use crate::forward::command::ForwardCommand;
use crate::ingest::datagram;
use crate::limits;
use crate::network::Network;
use crate::recording;
use crate::serve;
use crate::settings::Store;
use crate::token::{Role, Scope, TokenHash};

/// Bitville's store: takes records in, keeps them, and answers who caused a spike.
///
/// Without a command it runs as a daemon until SIGTERM.
#[derive(Debug, Parser)]
#[command(name = "bitville-store", version)]
pub struct Arguments {
    #[arg(
        help = "Settings file [default: $BITVILLE_SETTINGS, else /etc/bitville/settings.ini]",
        long,
        global = true,
        value_name = "FILE"
    )]
    settings: Option<PathBuf>,
    /// Check the settings and exit
    #[arg(long)]
    check_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hand out, list and revoke tokens; works while the store runs
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Make the site's certificate authority, once, and a certificate for ingest
    Cert {
        /// A host name or address under which agents reach the store; may be given several times
        #[arg(long = "name", value_name = "NAME", required = true)]
        names: Vec<String>,
        /// Where the files go
        #[arg(long, value_name = "DIR", default_value = "/etc/bitville/tls")]
        dir: PathBuf,
    },
    /// Send records from standard input to a store by UDP, a line each; nobody answers
    Send(SendArguments),
    /// Write a recording to standard output: records as NDJSON, compressed with zstd
    Export(ExportArguments),
    /// Send a recording to a store, its times moved so that it ends now
    Replay(ReplayArguments),
    /// Send a recording to a store as it is; what the store has already is known to it
    Import(ImportArguments),
    /// Records forwarded to Graylog: how far, again, or not
    Forward {
        #[command(subcommand)]
        command: ForwardCommand,
    },
    /// Copy all databases into a new folder, while the store runs
    Backup {
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
    /// Look whether all databases are whole, while the store runs; ends with 1 if one is not
    Check {
        /// Leave out the bodies and the indexes
        #[arg(long)]
        quick: bool,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it, once
    Add {
        name: String,
        #[arg(long)]
        role: Role,
        /// The one project whose records it may send [default: all]
        #[arg(long, value_parser = project)]
        project: Option<Project>,
        /// A network that it may come from, such as 10.0.0.0/8; may be given several times [default: all]
        #[arg(long = "cidr", value_name = "NETWORK")]
        networks: Vec<Network>,
    },
    /// List the tokens: name, role, day, project, networks
    List,
    /// Revoke a token at once
    Revoke { name: String },
}

/// `T` is microseconds since the epoch, `2026-03-01T12:30:00Z`, `2026-03-01`, `-15m` or `now`.
#[derive(Debug, Args)]
struct ExportArguments {
    /// Records from this time on [default: all]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    from: Option<String>,
    /// Records before this time [default: all]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    to: Option<String>,
    /// Records of this project alone
    #[arg(long)]
    project: Option<String>,
}

#[derive(Debug, Args)]
struct SendArguments {
    /// Where the store takes datagrams: its setting `ingest_udp`
    #[arg(long, value_name = "ADDRESS")]
    udp: SocketAddr,
    /// The token's name
    #[arg(long)]
    name: String,
    /// A file that holds the token
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
}

#[derive(Debug, Args)]
struct ImportArguments {
    file: PathBuf,
    #[arg(
        long,
        help = "The store's ingest listener, such as http://127.0.0.1:7801"
    )]
    url: String,
    /// A file that holds an ingest token
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
}

#[derive(Debug, Args)]
struct ReplayArguments {
    file: PathBuf,
    #[arg(
        long,
        help = "The store's ingest listener, such as http://127.0.0.1:7801"
    )]
    url: String,
    /// A file that holds an ingest token
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// When the last record shall be: now, or a time
    #[arg(
        long,
        value_name = "T",
        default_value = "now",
        allow_hyphen_values = true
    )]
    end: String,
}

/// A check may take its time; it reads in short questions, but for SQLite's own look.
const CHECK_DEADLINE: Duration = Duration::from_secs(86_400);

/// Why the program ends with an error.
#[derive(Debug)]
pub enum Failure {
    /// The settings are wrong: starting again would not help.
    Settings(anyhow::Error),
    Other(anyhow::Error),
}

/// Does what the arguments say.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    if let Some(Command::Replay(replay)) = arguments.command {
        return Ok(run_replay(&replay)?);
    }
    if let Some(Command::Import(import)) = &arguments.command {
        return Ok(send_recording(
            &import.file,
            &import.url,
            &import.token_file,
            None,
        )?);
    }
    if let Some(Command::Send(send)) = &arguments.command {
        return Ok(run_send(send)?);
    }
    if let Some(Command::Cert { names, dir }) = &arguments.command {
        return Ok(run_cert(names, dir)?);
    }
    let path = daemon::settings::path(arguments.settings);
    let settings = Store::load(&path)?;
    if arguments.check_config || arguments.command.is_none() {
        forward::run::check(&settings).map_err(|error| Failure::Settings(error.into()))?;
    }
    if arguments.check_config {
        eprintln!("{}: in order", path.display());
        return Ok(());
    }
    match arguments.command {
        None => serve::run(settings)?,
        Some(Command::Token { command }) => run_token(&settings.data_dir, command)?,
        Some(Command::Export(export)) => run_export(&settings.data_dir, &export)?,
        Some(Command::Forward { command }) => forward::command::run(&settings, &command)?,
        Some(Command::Backup { dir }) => run_backup(&settings.data_dir, &dir)?,
        Some(Command::Check { quick }) => run_check(&settings.data_dir, quick)?,
        Some(Command::Replay(_) | Command::Import(_) | Command::Cert { .. } | Command::Send(_)) => {
            unreachable!("done above, they need no settings")
        }
    }
    Ok(())
}

fn run_token(data_dir: &Path, command: TokenCommand) -> anyhow::Result<()> {
    let meta = Meta::open(&Files::create(data_dir)?)?;
    let mut out = std::io::stdout().lock();
    match command {
        TokenCommand::Add {
            name,
            role,
            project,
            networks,
        } => {
            anyhow::ensure!(
                project.is_none() || role == Role::Ingest,
                "--project: a token that asks may ask for all projects; give each site a store of its own \
                 where that is not wanted"
            );
            anyhow::ensure!(
                networks.len() <= limits::TOKEN_NETWORKS_MAX,
                "--cidr: at most {} networks are allowed",
                limits::TOKEN_NETWORKS_MAX
            );
            let scope = Scope { project, networks };
            let token = meta.add_token(&name, role, &scope, Clock::system().now())?;
            writeln!(out, "{}", token.reveal())?;
        }
        TokenCommand::List => {
            for (grant, created) in meta.tokens()? {
                let Scope { project, .. } = &grant.scope;
                let project = project.as_ref().map_or("all projects", Project::as_str);
                let networks = match grant.scope.networks_text() {
                    text if text.is_empty() => "everywhere".to_owned(),
                    text => text,
                };
                let day = calendar::Day::of(created);
                let (name, role) = (&grant.name, grant.role);
                writeln!(out, "{name}\t{role}\t{day}\t{project}\t{networks}")?;
            }
        }
        TokenCommand::Revoke { name } => {
            meta.revoke_token(&name)?;
            eprintln!("token {name} revoked");
        }
    }
    Ok(())
}

fn run_send(arguments: &SendArguments) -> anyhow::Result<()> {
    let clock = Clock::system();
    let secret = daemon::secret::Secret::from_file(&arguments.token_file)?;
    let key = TokenHash::of(secret.reveal());
    let any = if arguments.udp.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = std::net::UdpSocket::bind(any).context("a socket can't be made")?;
    let mut records = 0;
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.context("standard input can't be read")?;
        if line.trim().is_empty() {
            continue;
        }
        let number = number + 1;
        Record::try_from_line(line.as_bytes()).with_context(|| format!("line {number}"))?;
        let unsigned =
            wire::datagram::encode_unsigned(&arguments.name, clock.now(), line.as_bytes());
        let mut bytes = unsigned.with_context(|| format!("line {number}"))?;
        let mac = datagram::sign(&bytes, &key);
        bytes.extend_from_slice(&mac);
        socket
            .send_to(&bytes, arguments.udp)
            .with_context(|| format!("line {number} can't be sent to {}", arguments.udp))?;
        records += 1;
    }
    eprintln!("{records} records sent; whether they arrived is in the store's /metrics");
    Ok(())
}

fn run_cert(names: &[String], dir: &Path) -> anyhow::Result<()> {
    let made = cert::make(dir, names)?;
    let (authority, certificate, key) = (
        made.authority.display(),
        made.certificate.display(),
        made.key.display(),
    );
    let mut out = std::io::stdout().lock();
    if made.is_new_authority {
        writeln!(
            out,
            "authority made; copy {authority} to each agent, with [uplink] ca_file = its path there"
        )?;
    } else {
        writeln!(
            out,
            "signed by the authority {authority}, which agents know already"
        )?;
    }
    writeln!(out, "[store] tls_cert = {certificate}")?;
    writeln!(out, "[store] tls_key = {key}")?;
    writeln!(
        out,
        "restart the store to take them up; its user must be able to read the key"
    )?;
    Ok(())
}

fn run_export(data_dir: &Path, arguments: &ExportArguments) -> anyhow::Result<()> {
    let clock = Clock::system();
    let moment = |text: &Option<String>| {
        text.as_deref()
            .map(|text| calendar::parse_moment(text, clock.now()))
            .transpose()
    };
    let selection = recording::Selection {
        from: moment(&arguments.from).context("--from")?,
        to: moment(&arguments.to).context("--to")?,
        project: arguments.project.clone(),
    };
    let out = std::io::stdout().lock();
    let records = recording::export(&Files::at(data_dir), &clock, &selection, out)?;
    eprintln!("{records} records");
    Ok(())
}

fn run_replay(arguments: &ReplayArguments) -> anyhow::Result<()> {
    let clock = Clock::system();
    let end = calendar::parse_moment(&arguments.end, clock.now()).context("--end")?;
    send_recording(
        &arguments.file,
        &arguments.url,
        &arguments.token_file,
        Some(end),
    )
}

fn send_recording(
    file: &Path,
    url: &str,
    token_file: &Path,
    end: Option<Instant>,
) -> anyhow::Result<()> {
    let token = daemon::secret::Secret::from_file(token_file)?;
    let target = recording::Target {
        url: url.to_owned(),
        token,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(recording::replay(file, &target, end, &Clock::system()))?;
    Ok(())
}

fn run_backup(data_dir: &Path, dir: &Path) -> anyhow::Result<()> {
    let copied = db::backup::backup(&Files::at(data_dir), dir)?;
    let mut out = std::io::stdout().lock();
    for file in &copied {
        let size = wire::human::format_size(file.bytes);
        writeln!(out, "{}\t{size}", file.path.display())?;
    }
    eprintln!("{} databases copied", copied.len());
    Ok(())
}

fn run_check(data_dir: &Path, is_quick: bool) -> anyhow::Result<()> {
    let reader = Reader::with_deadline(Files::at(data_dir), Clock::system(), CHECK_DEADLINE);
    let findings = db::check::check(&reader, is_quick)?;
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        let (day, records) = (finding.day, finding.records);
        if finding.faults.is_empty() {
            writeln!(out, "{day}\t{records} records\tin order")?;
        }
        for fault in &finding.faults {
            writeln!(out, "{day}\t{records} records\t{fault}")?;
        }
    }
    let broken = findings.iter().filter(|it| !it.faults.is_empty()).count();
    anyhow::ensure!(
        broken == 0,
        "{broken} of {} databases are not whole; restore them from a backup, or move them away",
        findings.len()
    );
    Ok(())
}

fn project(text: &str) -> Result<Project, String> {
    Project::try_new(text).map_err(|error| error.to_string())
}

// === impl Failure ===

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Settings(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}
