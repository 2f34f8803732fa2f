//! A PostgreSQL cluster for one test: made, started, stopped and removed with it.
//!
//! The server runs as `postgres` where we are root, since it refuses to run as root; it listens on a
//! unix socket in its own folder and nowhere else, so clusters never meet. The role `pgagent` is made
//! by the script that operators run, with a password, so that tests come in as they do.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

/// Where Debian puts it.
const BIN: &str = "/usr/lib/postgresql/15/bin";

/// Names the socket; nothing listens on a port.
const PORT: u16 = 5432;

/// How long a condition is awaited before the test is given up: far beyond what any of them takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const PASSWORD: &str = "it's \"secret\" \\ here";

/// A cluster with a database `shop` in it.
#[derive(Debug)]
pub(crate) struct Cluster {
    dir: TempDir,
    /// Whom the server runs as, if that is not us.
    user: Option<(u32, u32)>,
}

// === impl Cluster ===

impl Cluster {
    /// A running cluster with these settings, or none where there is no server to run.
    pub(crate) fn start(settings: &[&str]) -> Option<Self> {
        if !Path::new(BIN).join("postgres").exists() {
            // Past the capture of test output, on a line of its own: a test that did not run must
            // not look like one that passed.
            let _ = writeln!(std::io::stderr(), "\nSKIPPED: no PostgreSQL 15 in {BIN}");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let cluster = Self {
            user: server_user(),
            dir,
        };
        cluster.make(settings);
        cluster.up();
        cluster.fill();
        Some(cluster)
    }

    fn make(&self, settings: &[&str]) {
        let server = self.path("server");
        fs::create_dir(&server).unwrap();
        if let Some((uid, gid)) = self.user {
            chown(&server, Some(uid), Some(gid)).unwrap();
        }
        let data = self.data();
        let data = data.to_str().unwrap();
        self.run(&[
            "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            "--no-locale",
        ]);
        let always = [
            format!("unix_socket_directories = '{}'", server.display()),
            "listen_addresses = ''".to_owned(),
            "fsync = off".to_owned(),
            "shared_buffers = 8MB".to_owned(),
            "autovacuum = off".to_owned(),
        ];
        let lines: Vec<&str> = always
            .iter()
            .map(String::as_str)
            .chain(settings.iter().copied())
            .collect();
        append(&self.data().join("postgresql.conf"), &lines.join("\n"));
        let hba = "local all pgagent scram-sha-256\nlocal all all trust\n";
        fs::write(self.data().join("pg_hba.conf"), hba).unwrap();
    }

    fn fill(&self) {
        self.sql("postgres", "CREATE ROLE shop LOGIN");
        self.sql("postgres", "CREATE DATABASE shop OWNER shop");
        self.sql(
            "shop",
            "SET ROLE shop;
             CREATE TABLE stock (sku int PRIMARY KEY, qty int NOT NULL);
             INSERT INTO stock SELECT sku, 100 FROM generate_series(1, 10) AS sku;",
        );
        self.run_role_script();
    }

    /// Runs the script that makes the agent's role, as an operator does.
    pub(crate) fn run_role_script(&self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/sql/pgagent-role.sql");
        let copy = self.path("server/pgagent-role.sql");
        fs::copy(script, &copy).unwrap();
        fs::set_permissions(&copy, Permissions::from_mode(0o644)).unwrap();
        self.write_secret("server/role.password", PASSWORD);
        let password_file = format!(
            "password_file={}",
            self.path("server/role.password").display()
        );
        let (copy, socket) = (
            copy.display().to_string(),
            self.socket().display().to_string(),
        );
        self.run(&[
            "psql",
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            &socket,
            "-U",
            "postgres",
            "-d",
            "shop",
            "-v",
            &password_file,
            "-v",
            "database=shop",
            "-f",
            &copy,
        ]);
    }

    /// Writes a file that only the server's user can read.
    fn write_secret(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        if let Some((uid, gid)) = self.user {
            chown(&path, Some(uid), Some(gid)).unwrap();
        }
    }

    /// Starts the server and waits until it takes connections.
    pub(crate) fn up(&self) {
        let (data, log) = (self.data(), self.path("server/log"));
        self.run(&[
            "pg_ctl",
            "-D",
            data.to_str().unwrap(),
            "-l",
            log.to_str().unwrap(),
            "-w",
            "start",
        ]);
    }

    /// Stops the server and waits until it is gone; sessions are thrown out.
    pub(crate) fn down(&self) {
        self.run(&[
            "pg_ctl",
            "-D",
            self.data().to_str().unwrap(),
            "-m",
            "fast",
            "-w",
            "stop",
        ]);
    }

    /// Runs statements as the superuser.
    pub(crate) fn sql(&self, database: &str, sql: &str) {
        let socket = self.socket().display().to_string();
        self.run(&[
            "psql",
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            &socket,
            "-U",
            "postgres",
            "-d",
            database,
            "-c",
            sql,
        ]);
    }

    /// The folder of this test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path("server")
    }

    /// The process that all the server's processes come from.
    pub(crate) fn postmaster(&self) -> String {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        text.lines().next().unwrap().to_owned()
    }

    fn data(&self) -> PathBuf {
        self.path("server/data")
    }

    pub(crate) fn config(&self, user: &str, database: &str, application_name: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(self.socket())
            .port(PORT)
            .user(user)
            .dbname(database);
        config.application_name(application_name);
        config
    }

    /// A session in the shop's database, as the shop.
    pub(crate) async fn shop(&self, application_name: &str) -> Client {
        connect(&self.config("shop", "shop", application_name))
            .await
            .unwrap()
    }

    /// A session in the shop's database, as the superuser.
    pub(crate) async fn admin(&self) -> Client {
        connect(&self.config("postgres", "shop", "admin"))
            .await
            .unwrap()
    }

    fn run(&self, command: &[&str]) {
        let output = self.try_run(command);
        assert!(
            output.status.success(),
            "{command:?}:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
    }

    fn try_run(&self, command: &[&str]) -> Output {
        let mut process = Command::new(Path::new(BIN).join(command[0]));
        // Files, not pipes: the server inherits them, and a pipe would never end.
        let (out, err) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        process
            .args(&command[1..])
            .current_dir("/")
            .stdin(Stdio::null());
        process
            .stdout(out.try_clone().unwrap())
            .stderr(err.try_clone().unwrap());
        if let Some((uid, gid)) = self.user {
            process.uid(uid).gid(gid);
        }
        let status = process.status().unwrap();
        Output {
            status,
            stdout: contents(out),
            stderr: contents(err),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Not `run`: a panic in a drop would hide the one that led here. A server that is down already
        // is what some tests leave behind.
        self.try_run(&[
            "pg_ctl",
            "-D",
            self.data().to_str().unwrap(),
            "-m",
            "immediate",
            "-w",
            "stop",
        ]);
    }
}

pub(crate) async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Asks until the answer is there.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| panic!("waited for {what} in vain"))
}

/// Waits until so many sessions wait for a lock.
pub(crate) async fn lock_waiters(admin: &Client, count: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    eventually("sessions to wait for a lock", async || {
        (admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == count).then_some(())
    })
    .await;
}

/// The server's user, where we are root and it therefore has to be another.
fn server_user() -> Option<(u32, u32)> {
    let id = |argument: &[&str]| {
        let output = Command::new("id").args(argument).output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse::<u32>()
            .ok()
    };
    (id(&["-u"])? == 0).then(|| id(&["-u", "postgres"]).zip(id(&["-g", "postgres"])))?
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    writeln!(file, "\n{text}").unwrap();
}

fn contents(mut file: fs::File) -> Vec<u8> {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}
