//! pgagent's own parts, as the daemon puts them together, but one step at a time.

use std::path::Path;

use daemon::clock::Monotonic;
use daemon::settings::Reader;
use pgagent::probe::activity::Snapshot;
use pgagent::probe::locks::LockWaits;
use pgagent::probe::names::Names;
use pgagent::projects::Projects;
use pgagent::sample::{self, Sample};
use pgagent::session::{Session, SessionError};
use pgagent::settings::Settings;
use wire::pg::{Activity, Locks};
use wire::time::Micros;

use crate::cluster::{Cluster, PASSWORD};

/// Settings as they stand in the file of an operator.
pub(crate) fn settings_text(cluster: &Cluster, url: &str) -> String {
    let dir = cluster.path("agent");
    std::fs::create_dir_all(&dir).unwrap();
    let secret = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    format!(
        "[project]\nname = shop\n\
         [uplink]\nurl = {url}\ntoken_file = {token}\nbatch_interval = 50ms\nbreaker_reset = 1s\n\
         [pgagent]\n\
         dsn = \"host={socket} user=pgagent dbname=shop\"\n\
         password_file = {password}\n\
         host = db1\n\
         journal_dir = {dir}/journal\n\
         interval = 200ms\n\
         host_metrics_interval = 1s\n",
        token = secret("token", "a-token"),
        password = secret("password", PASSWORD),
        socket = cluster.socket().display(),
        dir = dir.display(),
    )
}

pub(crate) fn settings(cluster: &Cluster) -> Settings {
    let text = settings_text(cluster, "http://127.0.0.1:1");
    let mut reader = Reader::from_text(Path::new("settings.ini"), &text);
    let settings = Settings::read(&mut reader);
    reader.finish().unwrap();
    settings
}

/// The agent's session.
pub(crate) async fn open(cluster: &Cluster) -> Session {
    Session::open(&settings(cluster).database).await.unwrap()
}

/// One sample of everything.
pub(crate) async fn sample(
    session: &mut Session,
) -> Result<(Activity, Option<Locks>), SessionError> {
    let snapshot = Snapshot::take(session).await?;
    let waits = LockWaits::take(session, &snapshot).await?;
    let mut names = Names::default();
    let now = Monotonic::default();
    let wanted = sample::wanted_names(&snapshot, waits.as_ref(), session.facts().database);
    let missing = names.missing(wanted, now);
    // As in the daemon, a sample does without the names that can't be had.
    let _ = names.ask(session, &missing, now).await;
    let sample = Sample {
        snapshot: &snapshot,
        waits: waits.as_ref(),
        names: &names,
        facts: session.facts(),
        prefix: "bv:",
        projects: &Projects::default(),
        weight: Micros::from_seconds(1),
        is_full: false,
    };
    Ok((sample.activity(Micros(0)), sample.locks()))
}
