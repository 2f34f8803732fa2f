//! The thread that asks the store, so that the screen never waits for it.
//!
//! Per topic only the newest question counts: an older one that is still under way is dropped, so
//! however fast the operator moves, at most one question per topic is in flight. Answers carry the
//! generation of their question, because one may already be on its way when it is dropped. The same
//! thread listens for the signals that end the console.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, LocalSet};

use crate::action::{Answered, Msg};
use crate::ask::Ask;
use crate::bookmark::{self, Bookmarks, Change};
use crate::client::Client;
use crate::export::errand::{Errand, carry_out};
use crate::live;
use crate::state::slot::Generation;

/// Questions that may wait to be sent. A key press makes three at most and each is taken at once.
const JOBS_MAX: usize = 256;

/// A question on its way to the store.
#[derive(Clone, Debug)]
pub struct Job {
    pub generation: Generation,
    pub topic: Topic,
    pub ask: Ask,
}

/// What a question is about; a newer one on the same topic replaces the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    Overview,
    Projects,
    Timeline,
    Spikes,
    Suspects,
    Requests,
    Request,
    Comparison,
    Functions,
    FunctionsBefore,
    Stacks,
    Statements,
    StatementsBefore,
    Statement,
    Board,
    /// For the line under the header; the Health screen has a board's.
    Health,
}

/// What the thread is asked to do.
enum Order {
    Ask(Job),
    Export(Errand),
    Bookmark(Change),
}

/// The other end of the thread.
#[derive(Debug)]
pub struct Fetcher {
    orders: mpsc::Sender<Order>,
}

// === impl Fetcher ===

impl Fetcher {
    /// Starts the thread. It ends when the fetcher is dropped.
    pub fn spawn(client: Client, messages: SyncSender<Msg>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (orders, queue) = mpsc::channel(JOBS_MAX);
        thread::Builder::new()
            .name("fetch".to_owned())
            .spawn(move || {
                let tasks = LocalSet::new();
                tasks.block_on(&runtime, work(Arc::new(client), queue, messages));
            })?;
        Ok(Self { orders })
    }

    /// Hands a question over. False when the queue is full, which only a stuck thread explains.
    pub fn ask(&self, job: Job) -> bool {
        self.orders.try_send(Order::Ask(job)).is_ok()
    }

    /// Hands over a change of the bookmarks. False when the queue is full.
    pub fn bookmark(&self, change: Change) -> bool {
        self.orders.try_send(Order::Bookmark(change)).is_ok()
    }

    /// Hands over a file to write. False when the queue is full.
    pub fn export(&self, errand: Errand) -> bool {
        self.orders.try_send(Order::Export(errand)).is_ok()
    }
}

async fn work(client: Arc<Client>, mut queue: mpsc::Receiver<Order>, messages: SyncSender<Msg>) {
    tokio::task::spawn_local(watch_signals(messages.clone()));
    tokio::task::spawn_local(follow(Arc::clone(&client), messages.clone()));
    let mut under_way: HashMap<Topic, AbortHandle> = HashMap::new();
    while let Some(order) = queue.recv().await {
        let client = Arc::clone(&client);
        let messages = messages.clone();
        let job = match order {
            Order::Ask(job) => job,
            Order::Bookmark(change) => {
                let _ = messages.send(Msg::Bookmarked(keep(change)));
                continue;
            }
            Order::Export(errand) => {
                tokio::task::spawn_local(async move {
                    let outcome = carry_out(&client, errand).await;
                    let _ = messages.send(Msg::Exported(outcome));
                });
                continue;
            }
        };
        let task = tokio::task::spawn_local(async move {
            let outcome = client.fetch(&job.ask).await;
            let answered = Answered {
                generation: job.generation,
                outcome,
            };
            // A closed channel means that the console has ended.
            let _ = messages.send(Msg::Answered(answered));
        });
        if let Some(older) = under_way.insert(job.topic, task.abort_handle()) {
            older.abort();
        }
    }
}

/// A file of some lines in the user's own folder: quicker than a thread for it.
fn keep(change: Change) -> Result<Bookmarks, String> {
    match bookmark::file::path(|name| std::env::var_os(name)) {
        Some(path) => bookmark::file::change(&path, change),
        None => Err("neither HOME nor XDG_STATE_HOME is set".to_owned()),
    }
}

/// What is new is told as it comes.
async fn follow(client: Arc<Client>, messages: SyncSender<Msg>) {
    // A closed channel means that the console has ended.
    live::follow(&client, |news| messages.send(Msg::News(news)).is_ok()).await;
}

/// SIGTERM, SIGINT and SIGHUP end the console in the same way as a key does, so the terminal is
/// restored.
async fn watch_signals(messages: SyncSender<Msg>) {
    let signals = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
        signal(SignalKind::interrupt()),
    );
    let (Ok(mut terminate), Ok(mut hangup), Ok(mut interrupt)) = signals else {
        // Without handlers the signals keep their default: they end the process.
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
        _ = interrupt.recv() => {}
    }
    let _ = messages.send(Msg::Stop);
}
