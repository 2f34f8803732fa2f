//! What the server's processes call themselves, for when the server can't be asked.
//!
//! A full server lets nobody in, and one whose catalogs are locked lets nobody in either. But every process of
//! the server keeps a title that anybody on the machine may read: whose session it is, and what it does
//! (`ps_status.c`). It has no statement; with the process's state from the kernel it tells what class of wait
//! there is.
//!
//! ```text
//! postgres: 15/main: shop shop 127.0.0.1(36370) UPDATE waiting
//! ```

use procfs::process::{ProcState, Process};
use wire::ids::BackendPid;
use wire::pg::{Active, Activity, Session};
use wire::time::Micros;

/// What the server's processes are called by the kernel.
const COMMANDS: [&str; 2] = ["postgres", "postmaster"];
/// A machine has fewer sessions than this.
const TITLES_MAX: usize = 5_000;
/// Sessions that one record keeps.
const SESSIONS_MAX: usize = 200;

/// A session, as its process's title tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    pub pid: BackendPid,
    pub user: String,
    pub database: String,
    pub client: String,
    pub doing: Doing,
}

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Idle,
    IdleInTransaction,
    /// It waits for a lock.
    Waiting,
    Running(ProcessState),
}

/// What the kernel says of a process that runs a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// Or would, if a processor were free.
    OnCpu,
    OnDisk,
    Sleeping,
}

/// Reads the titles of the sessions of that server, or of all on this machine if it is not known.
pub fn read(postmaster: Option<BackendPid>) -> Vec<Title> {
    let Ok(processes) = procfs::process::all_processes() else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|process| of_process(&process, postmaster))
        .take(TITLES_MAX)
        .collect()
}

/// The process that is the parent of all of a server's.
pub fn postmaster_of(backend: BackendPid) -> Option<BackendPid> {
    let stat = Process::new(backend).ok()?.stat().ok()?;
    COMMANDS.contains(&stat.comm.as_str()).then_some(stat.ppid)
}

fn of_process(process: &Process, postmaster: Option<BackendPid>) -> Option<Title> {
    // It may be gone by now.
    let stat = process.stat().ok()?;
    let is_of_server = postmaster.is_none_or(|postmaster| stat.ppid == postmaster);
    if !is_of_server || !COMMANDS.contains(&stat.comm.as_str()) {
        return None;
    }
    let state = match stat.state().ok()? {
        ProcState::Running => ProcessState::OnCpu,
        ProcState::Waiting => ProcessState::OnDisk,
        _ => ProcessState::Sleeping,
    };
    // The title stands where the arguments stood, and is one.
    let title = process.cmdline().ok()?.into_iter().next()?;
    Title::parse(process.pid, &title, state)
}

/// A sample of what the titles tell. It stands for `weight`.
pub fn activity(titles: &[Title], max_connections: u32, weight: Micros) -> Activity {
    let mut active = Active::default();
    for title in titles {
        match title.doing {
            Doing::Idle => {}
            Doing::IdleInTransaction => active.idle_in_transaction += 1,
            Doing::Waiting => active.lock += 1,
            Doing::Running(ProcessState::OnCpu) => active.cpu += 1,
            Doing::Running(ProcessState::OnDisk) => active.io += 1,
            Doing::Running(ProcessState::Sleeping) => active.other += 1,
        }
    }
    let mut busy: Vec<&Title> = titles
        .iter()
        .filter(|title| title.doing != Doing::Idle)
        .collect();
    busy.sort_by_key(|title| (title.doing != Doing::Waiting, title.pid));
    let omitted = busy.len().saturating_sub(SESSIONS_MAX);
    busy.truncate(SESSIONS_MAX);
    let size = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Activity {
        interval_us: weight,
        backends: size(titles.len()),
        max_connections,
        active,
        sessions: busy.into_iter().map(Title::session).collect(),
        sessions_omitted: size(omitted),
        is_from_titles: true,
        ..Activity::default()
    }
}

// === impl Title ===

impl Title {
    /// Reads a title; none if it is of a process of the server's own.
    pub fn parse(pid: BackendPid, title: &str, state: ProcessState) -> Option<Self> {
        let rest = title.trim_end().strip_prefix("postgres: ")?;
        // The cluster's name stands first, if it has one.
        let rest = rest.split_once(": ").map_or(rest, |(_, rest)| rest);
        let words: Vec<&str> = rest.split(' ').collect();
        // Names may hold spaces; where the client is told is where they end.
        let client = words.iter().rposition(|word| is_client(word))?;
        let [user, database @ ..] = words.get(..client)? else {
            return None;
        };
        if database.is_empty() {
            return None;
        }
        let doing = match words[client + 1..] {
            ["idle"] => Doing::Idle,
            ["idle", "in", "transaction", ..] => Doing::IdleInTransaction,
            [.., "waiting"] => Doing::Waiting,
            // A session that is being let in is none yet.
            [] | ["authentication" | "startup"] => return None,
            _ => Doing::Running(state),
        };
        Some(Self {
            pid,
            user: (*user).to_owned(),
            database: database.join(" "),
            client: client_address(words[client]).to_owned(),
            doing,
        })
    }

    fn session(&self) -> Session {
        let (state, wait) = match self.doing {
            Doing::Idle => ("idle", None),
            Doing::IdleInTransaction => ("idle in transaction", None),
            Doing::Waiting => ("active", Some("Lock")),
            Doing::Running(ProcessState::OnDisk) => ("active", Some("IO")),
            Doing::Running(_) => ("active", None),
        };
        Session {
            pid: self.pid,
            user: Some(self.user.clone()),
            database: Some(self.database.clone()),
            client: Some(self.client.clone()),
            state: Some(state.to_owned()),
            wait_event_type: wait.map(str::to_owned),
            backend_type: Some("client backend".to_owned()),
            ..Session::default()
        }
    }
}

/// `[local]`, `127.0.0.1(36370)`
fn is_client(word: &str) -> bool {
    word == "[local]"
        || word
            .strip_suffix(')')
            .and_then(|word| word.rsplit_once('('))
            .is_some_and(|(host, port)| {
                !host.is_empty()
                    && !port.is_empty()
                    && port.bytes().all(|byte| byte.is_ascii_digit())
            })
}

fn client_address(word: &str) -> &str {
    word.rsplit_once('(').map_or(word, |(host, _)| host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str) -> Option<Title> {
        Title::parse(7, title, ProcessState::OnCpu)
    }

    #[test]
    fn a_title_tells_whose_session_it_is_and_what_it_does() {
        let title = of("postgres: 15/main: shop shop 127.0.0.1(36370) UPDATE waiting").unwrap();
        assert_eq!(
            (title.user.as_str(), title.database.as_str()),
            ("shop", "shop")
        );
        assert_eq!(
            (title.client.as_str(), title.doing),
            ("127.0.0.1", Doing::Waiting)
        );
        let doing = |title| of(title).map(|title| title.doing);
        assert_eq!(
            doing("postgres: shop my shop [local] idle in transaction"),
            Some(Doing::IdleInTransaction)
        );
        assert_eq!(
            doing("postgres: shop shop [local] idle in transaction (aborted)"),
            Some(Doing::IdleInTransaction)
        );
        assert_eq!(
            doing("postgres: shop shop [local] idle   "),
            Some(Doing::Idle)
        );
        assert_eq!(
            doing("postgres: shop shop ::1(5022) SELECT"),
            Some(Doing::Running(ProcessState::OnCpu))
        );
        for own in [
            "postgres: checkpointer ",
            "postgres: 15/main: walwriter ",
            "postgres: parallel worker for PID 123 ",
            "postgres: shop shop [local] authentication",
            "/usr/lib/postgresql/15/bin/postgres -D /data",
            "postgres: [local] idle",
            "",
        ] {
            assert_eq!(of(own), None, "{own}");
        }
    }

    #[test]
    fn a_sample_of_titles_says_so() {
        let titles: Vec<Title> = ["SELECT waiting", "idle", "idle in transaction", "SELECT"]
            .into_iter()
            .map(|doing| of(&format!("postgres: shop shop [local] {doing}")).unwrap())
            .collect();
        let activity = activity(&titles, 100, Micros::from_seconds(1));
        assert!(activity.is_from_titles);
        let Active {
            cpu,
            lock,
            idle_in_transaction,
            ..
        } = activity.active;
        assert_eq!(
            (activity.backends, cpu, lock, idle_in_transaction),
            (4, 1, 1, 1)
        );
        assert_eq!(activity.sessions.len(), 3);
        assert_eq!(
            activity.sessions[0].wait_event_type.as_deref(),
            Some("Lock")
        );
    }
}
