//! The server that sites with PHP 7.4 have: PostgreSQL 13, which tells less of itself.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use daemon::settings::Reader;
use pgagent::probe::statements::Extension;
use pgagent::serverlog::class::classify;
use pgagent::serverlog::parser::{Ending, Format, Parser};
use pgagent::serverlog::prefix::Prefix;
use pgagent::serverlog::stamp::Stamps;
use pgagent::session::Session;
use pgagent::settings::Settings;
use tokio_postgres::Config;

use crate::agent;
use crate::cluster::{connect, eventually, lock_waiters};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres13");
const PREFIX: &str = "%m [%p] %q[user=%u,db=%d,app=%a] ";

/// A running server with a database `shop`, in a folder that it and we see under different names.
struct Older {
    /// As we see it.
    dir: PathBuf,
    /// As the server sees it.
    inner: String,
}

impl Older {
    /// Nothing where it can't be had.
    fn start() -> Option<Self> {
        let root = Command::new(SCRIPT).arg("root").output().unwrap();
        if !root.status.success() {
            let _ = writeln!(
                std::io::stderr(),
                "\nSKIPPED: no PostgreSQL 13 can be made here"
            );
            return None;
        }
        let root = String::from_utf8(root.stdout).unwrap();
        let name = format!("/srv/pgagent-{}", std::process::id());
        let dir = Path::new(root.trim()).join(name.trim_start_matches('/'));
        let older = Self { dir, inner: name };
        let data = format!("{}/data", older.inner);
        run(&[
            "initdb",
            "-D",
            &data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
            "--no-locale",
        ]);
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nfsync = off\nshared_buffers = 8MB\n\
             dynamic_shared_memory_type = mmap\nshared_preload_libraries = 'pg_stat_statements,auto_explain'\n\
             logging_collector = on\nlog_destination = 'stderr,csvlog'\nlog_filename = 'pg.log'\n\
             log_line_prefix = '{PREFIX}'\nlog_timezone = 'UTC'\nlog_lock_waits = on\ndeadlock_timeout = 100ms\n\
             auto_explain.log_min_duration = 0\n",
            older.inner
        );
        let mut file = fs::File::options()
            .append(true)
            .open(older.dir.join("data/postgresql.conf"))
            .unwrap();
        file.write_all(settings.as_bytes()).unwrap();
        run(&[
            "pg_ctl",
            "-D",
            &data,
            "-l",
            &format!("{}/start.log", older.inner),
            "-w",
            "start",
        ]);
        Some(older)
    }

    fn config(&self, user: &str, database: &str, application_name: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(&self.dir)
            .user(user)
            .dbname(database)
            .application_name(application_name);
        config
    }

    fn settings(&self) -> Settings {
        let text = format!(
            "[project]\nname = shop\n[pgagent]\ndsn = \"host={} user=pgagent dbname=shop\"\n",
            self.dir.display()
        );
        let mut reader = Reader::from_text(Path::new("settings.ini"), &text);
        let settings = Settings::read(&mut reader);
        reader.finish().unwrap();
        settings
    }

    /// Waits until the log, which is written by a process of its own, has such an entry in both formats.
    async fn told(&self, class: &str) {
        eventually(class, async || {
            let has = |file, format| {
                let classes = self.classes(file, format);
                classes.iter().any(|it| it.ends_with(class))
            };
            (has("pg.csv", Format::Csv) && has("pg.log", Format::Stderr)).then_some(())
        })
        .await;
    }

    /// The log's entries by class.
    fn classes(&self, file: &str, format: Format) -> Vec<String> {
        let prefix = Prefix::compile(PREFIX).unwrap();
        let mut parser = Parser::new(format, Some(prefix), Stamps::new("UTC").unwrap());
        parser.push(&fs::read(self.dir.join("data/log").join(file)).unwrap());
        let mut classes = Vec::new();
        while let Some((entry, _)) = parser.next(Ending::File) {
            assert!(entry.is_parsed, "{entry:?}");
            classes.push(format!(
                "{:?} {}",
                entry.head.pid,
                classify(&entry).event.class()
            ));
        }
        classes
    }
}

fn run(command: &[&str]) {
    let output = try_run(command);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {told}");
}

/// Its output goes to files: the server inherits them, and a pipe would never end.
fn try_run(command: &[&str]) -> Output {
    let err = tempfile::NamedTempFile::new().unwrap();
    let status = Command::new(SCRIPT)
        .args(command)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(err.reopen().unwrap())
        .status()
        .unwrap();
    Output {
        status,
        stdout: Vec::new(),
        stderr: fs::read(err.path()).unwrap(),
    }
}

impl Drop for Older {
    fn drop(&mut self) {
        try_run(&[
            "pg_ctl",
            "-D",
            &format!("{}/data", self.inner),
            "-m",
            "immediate",
            "-w",
            "stop",
        ]);
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[tokio::test]
async fn thirteen_is_watched_with_what_it_has() {
    // `postgres` may write into the root's /srv, where nobody else does.
    let Some(older) = Older::start() else {
        return;
    };
    let admin = connect(&older.config("postgres", "postgres", "admin"))
        .await
        .unwrap();
    admin.batch_execute("CREATE ROLE shop LOGIN").await.unwrap();
    admin
        .batch_execute("CREATE DATABASE shop OWNER shop")
        .await
        .unwrap();
    let admin = connect(&older.config("postgres", "shop", "admin"))
        .await
        .unwrap();
    let script = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../config/sql/pgagent-role.sql"
    ))
    .unwrap();
    assert!(
        script.contains("160000"),
        "what 13 does not have is asked for from 16 on alone"
    );
    admin
        .batch_execute(
            "CREATE EXTENSION pg_stat_statements; CREATE ROLE pgagent LOGIN; GRANT pg_monitor TO pgagent;
             ALTER ROLE pgagent SET auto_explain.log_min_duration = -1;
             CREATE TABLE stock (sku int PRIMARY KEY, qty int); GRANT ALL ON stock TO shop;
             INSERT INTO stock VALUES (7, 1)",
        )
        .await
        .unwrap();
    let mut session = Session::open(&older.settings().database).await.unwrap();
    assert!(
        session.facts().version.starts_with("13."),
        "{:?}",
        session.facts()
    );

    let holder = connect(&older.config("shop", "shop", "bv:6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f501"))
        .await
        .unwrap();
    holder
        .batch_execute("BEGIN; UPDATE stock SET qty = 2 WHERE sku = 7")
        .await
        .unwrap();
    let waiter = connect(&older.config("shop", "shop", "waiter"))
        .await
        .unwrap();
    let waiting = tokio::spawn(async move {
        waiter
            .batch_execute("DELETE FROM stock WHERE sku = 7")
            .await
    });
    lock_waiters(&admin, 1).await;
    let (activity, locks) = agent::sample(&mut session).await.unwrap();
    let locks = locks.unwrap();
    assert_eq!(activity.active.lock, 1);
    assert!(
        locks
            .session(locks.roots()[0])
            .unwrap()
            .correlation_id
            .is_some()
    );
    assert_eq!(locks.waits[0].relation.as_deref(), Some("stock"));
    // Since when it waits is known from 14 on.
    assert_eq!(locks.waits[0].waited_us, None);
    older.told("lock_wait").await;
    holder.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();

    let extension = Extension::find(&mut session).await.unwrap().unwrap();
    assert_eq!(extension.to_string(), "1.8");
    let look = extension.look(&mut session).await.unwrap();
    assert!(
        look.entries
            .iter()
            .any(|entry| entry.counts.calls > 0 && entry.counts.wal_bytes > 0)
    );
    let (state, errors) = pgagent::probe::database::ask(&mut session).await;
    assert!(errors.is_empty() && state.wal_bytes.is_some(), "{errors:?}");
    pgagent::probe::database::ask_tables(&mut session)
        .await
        .unwrap();
    let settings = pgagent::probe::settings::ask(&mut session).await.unwrap();
    assert_eq!(settings["log_destination"], "stderr,csvlog");

    admin
        .batch_execute("SELECT * FROM nowhere")
        .await
        .unwrap_err();
    older.told("error").await;
    let csv = older.classes("pg.csv", Format::Csv);
    assert_eq!(older.classes("pg.log", Format::Stderr), csv);
    for class in ["lock_wait", "plan", "error", "server_state"] {
        assert!(csv.iter().any(|it| it.ends_with(class)), "{class}: {csv:?}");
    }
}
