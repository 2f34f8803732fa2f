//! The daemon's life: open the database, bind both sockets, run, and finish what was accepted.

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context;
use daemon::clock::Clock;
use daemon::counters::Counters;
use daemon::identity::IdentityFiles;
use sd_notify::NotifyState;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::api::{self, Api};
use crate::calendar::Day;
use crate::db::files::Files;
use crate::db::meta::Meta;
use crate::db::refile;
use crate::db::retention::Sweeper;
use crate::db::thin;
use crate::db::writer::{self, News, Queue};
use crate::db::{self, DbError};
use crate::forward;
use crate::forward::status::Status;
use crate::guard::Guard;
use crate::ingest::datagram::{self, Port};
use crate::ingest::{self, Ingest};
use crate::listen;
use crate::settings::Store;
use crate::spike;
use crate::spike::notify::Notifier;
use crate::tally::Tally;
use crate::token::Role;

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(settings: Store) -> anyhow::Result<()> {
    db::check_sqlite_version()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime can't be started")?;
    let folder = settings.data_dir.clone();
    runtime.block_on(run_until_stopped(settings))?;
    // Waits for questions that nobody waits for any more, and have a file open.
    drop(runtime);
    if let Err(error) = Files::at(&folder).fold_wals() {
        let error = daemon::log::chain(&error);
        tracing::warn!(error, "a WAL is left, the next start copes");
    }
    Ok(())
}

async fn run_until_stopped(settings: Store) -> anyhow::Result<()> {
    let stop = daemon::shutdown::token().context("signals can't be watched")?;
    let clock = Clock::system();
    let tls = settings.tls.as_ref().map(IdentityFiles::read).transpose()?;
    let files = Files::create(&settings.data_dir)?;
    let meta = Arc::new(Meta::open(&files)?);
    let tally = Tally::new(&Counters::default());
    let news = News::default();
    let today = Day::of(clock.now());
    let sweeper = make_ready(&files, &settings, (&clock, today), &tally)?;
    let room = sweeper.room().clone();
    let forwarding = Status::default();
    let report = (tally.clone(), forwarding.clone());
    let (threads, queue) = Threads::start(&files, &settings, (&clock, &news), report, &stop)?;

    let sockets = Sockets::open(&settings).await?;
    sockets.tell(&settings)?;
    // No notify socket means that nobody waits for the news.
    let _ = sd_notify::notify(&[NotifyState::Ready]);

    let (bell, notifier) = Notifier::new(&settings, &queue, &clock);
    let (thinned, graylog) = (settings.clone(), settings.graylog.clone());
    let ingest = Ingest::new(queue, clock.clone(), settings, room, tally.clone());
    let port = sockets
        .datagrams
        .map(|socket| Port::new(socket, ingest.clone(), Arc::clone(&meta)));
    let port = port.map(|port| tokio::spawn(port.run(stop.clone())));
    let guard = |role| Guard {
        meta: Arc::clone(&meta),
        role,
    };
    let ingest = ingest::router(ingest, guard(Role::Ingest));
    let query_guard = guard(Role::Read);
    let api = Api::new(
        (files.clone(), Arc::clone(&meta)),
        clock.clone(),
        tally,
        (forwarding, graylog),
        news.clone(),
        stop.clone(),
    );
    let background = Background::start(
        spike::Watch {
            files,
            meta,
            clock,
            news,
            bell,
        },
        notifier,
        sweeper,
        thinned,
        today,
    );
    tokio::join!(
        listen::serve(sockets.ingest, ingest, tls, stop.clone()),
        // On loopback, where there is nobody to listen in.
        listen::serve(sockets.query, api::router(api, query_guard), None, stop),
    );
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    if let Some(port) = port {
        // It ends with `stop`, after what it had gathered.
        let _ = port.await;
    }
    background.stop().await;
    // Both routers are gone, and with them the last sender: the writer commits what is left.
    tokio::task::spawn_blocking(move || threads.join()).await??;
    tracing::info!("store stopped");
    Ok(())
}

/// Has today's file ready for the writer. On a full disk the room comes first.
fn make_ready(
    files: &Files,
    settings: &Store,
    (clock, today): (&Clock, Day),
    tally: &Tally,
) -> Result<Sweeper, DbError> {
    let mut sweeper = Sweeper::new(
        files.clone(),
        settings.clone(),
        clock.clone(),
        tally.clone(),
    );
    sweeper.sweep()?;
    refile::now(files, today)?;
    Ok(sweeper)
}

/// What has a thread of its own.
struct Threads {
    writer: JoinHandle<()>,
    forwarder: Option<JoinHandle<()>>,
}

/// What goes on beside the sockets.
struct Background {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

/// What the store listens at.
struct Sockets {
    ingest: TcpListener,
    query: TcpListener,
    datagrams: Option<UdpSocket>,
}

// === impl Threads ===

impl Threads {
    fn start(
        files: &Files,
        settings: &Store,
        (clock, news): (&Clock, &News),
        (tally, forwarding): (Tally, Status),
        stop: &CancellationToken,
    ) -> anyhow::Result<(Self, Queue)> {
        // Before anything is written: a day's end is where the last process left it.
        let forwarder = forward::run::spawn(
            files.clone(),
            settings,
            clock.clone(),
            tally,
            forwarding,
            stop.clone(),
        )?;
        let (queue, writer) = writer::spawn(files.clone(), settings, clock.clone(), news.clone())?;
        Ok((Self { writer, forwarder }, queue))
    }

    /// What the forwarder has not sent, the next process will.
    fn join(self) -> anyhow::Result<()> {
        for (name, thread) in [("writer", Some(self.writer)), ("forwarder", self.forwarder)] {
            let ended = thread.map_or(Ok(()), JoinHandle::join);
            ended.map_err(|_| anyhow::anyhow!("the {name}'s thread panicked"))?;
        }
        Ok(())
    }
}

// === impl Background ===

impl Background {
    fn start(
        watch: spike::Watch,
        notifier: Notifier,
        sweeper: Sweeper,
        settings: Store,
        today: Day,
    ) -> Self {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (files, clock) = (watch.files.clone(), watch.clock.clone());
        tasks.spawn(sweeper.run(stop.clone()));
        tasks.spawn(thin::run(files.clone(), settings, clock, stop.clone()));
        tasks.spawn(notifier.run(watch.clone(), stop.clone()));
        tasks.spawn(spike::run(watch, stop.clone()));
        let refiling = stop.clone();
        tasks.spawn_blocking(move || refile::run(&files, today, &refiling));
        Self { stop, tasks }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        // One that panicked has told the log, and keeps no other from ending.
        while self.tasks.join_next().await.is_some() {}
    }
}

// === impl Sockets ===

impl Sockets {
    async fn open(settings: &Store) -> anyhow::Result<Self> {
        let datagrams = match settings.ingest_udp {
            Some(address) => Some(datagram::bind(address).await.with_context(|| {
                format!("[store] ingest_udp = {address}: can't be listened at")
            })?),
            None => None,
        };
        Ok(Self {
            ingest: listen::bind("ingest_listen", settings.ingest_listen).await?,
            query: listen::bind("query_listen", settings.query_listen).await?,
            datagrams,
        })
    }

    fn tell(&self, settings: &Store) -> anyhow::Result<()> {
        let datagrams = self.datagrams.as_ref().map(UdpSocket::local_addr);
        tracing::info!(
            ingest = %self.ingest.local_addr()?,
            query = %self.query.local_addr()?,
            udp = datagrams.transpose()?.map(tracing::field::display),
            data_dir = %settings.data_dir.display(),
            version = env!("CARGO_PKG_VERSION"),
            "store ready"
        );
        Ok(())
    }
}
