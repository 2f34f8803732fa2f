//! Tells somebody of a new spike, once: Graylog, a webhook, a program, with the suspects that are known by then.
//!
//! All get the same JSON object: `text` (a few lines to read, as chat servers take it), `spike`, `suspects`
//! (the first few) and `unexplained_share`. A spike that is found in old data (late, imported) is told to nobody,
//! and so many spikes an hour are enough to be woken by.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use daemon::clock::Clock;
use daemon::secret::Secret;
use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_util::sync::CancellationToken;
use wire::ids::SpikeId;
use wire::query::{BaselineKind, Spike, Suspect, Suspects};
use wire::spike::SpikeFound;
use wire::time::{Instant, Micros};

use super::Watch;
use super::record::Scribe;
use crate::db::DbError;
use crate::db::writer::Queue;
use crate::query;
use crate::settings::{Notify, Store};

/// A spike that began longer ago is history.
const BEGAN_MAX: Micros = Micros::from_seconds(15 * 60);

/// Spikes that wait to be told. They come seconds apart at least.
const QUEUE_MAX: usize = 64;

/// Told in one hour at most: who is called more often looks at the list.
const PER_HOUR_MAX: usize = 20;

const HOUR: Micros = Micros::from_seconds(3_600);

/// Tries of one webhook call, and the time between them.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// Why nobody was told. No URL is in it: it is a secret.
#[derive(Debug, Error)]
enum NotifyError {
    #[error("the spike can't be read")]
    Db(#[from] DbError),
    #[error("[notify] webhook_file can't be used")]
    Secret(#[from] daemon::secret::SecretError),
    #[error("[notify] webhook_file: no answer ({0})")]
    Webhook(reqwest::Error),
    #[error("[notify] webhook_file: answered {0}")]
    Status(reqwest::StatusCode),
    #[error("[notify] command {path}: {source}")]
    Command {
        path: String,
        source: std::io::Error,
    },
    #[error("[notify] command {path}: ended with {status}")]
    Ended {
        path: String,
        status: std::process::ExitStatus,
    },
    #[error("[notify] command {path}: took longer than {seconds} s and was ended")]
    Slow { path: String, seconds: u64 },
}

/// Where new spikes are handed in; a silent one where nobody wants to be told.
#[derive(Clone, Debug)]
pub(crate) struct Bell(Option<Sender<(SpikeId, tokio::time::Instant)>>);

/// Tells of the spikes that are handed in.
#[derive(Debug)]
pub(crate) struct Notifier {
    settings: Notify,
    /// Stores a record of it, if it is to be forwarded.
    scribe: Option<Scribe>,
    /// With the time at which each was found.
    waiting: Receiver<(SpikeId, tokio::time::Instant)>,
    told: VecDeque<Instant>,
}

// === impl Bell ===

impl Bell {
    pub(super) fn ring(&self, id: SpikeId) {
        let Some(sender) = &self.0 else { return };
        if sender.try_send((id, tokio::time::Instant::now())).is_err() {
            tracing::warn!(spike = %id, "nobody is told of it: too many wait to be told");
        }
    }
}

// === impl Notifier ===

impl Notifier {
    /// One that tells by every way that is set, and its bell.
    pub(crate) fn new(settings: &Store, queue: &Queue, clock: &Clock) -> (Bell, Self) {
        let scribe = settings.notify.is_gelf_on.then(|| Scribe {
            queue: queue.clone(),
            clock: clock.clone(),
            settings: settings.clone(),
        });
        Self::with(settings.notify.clone(), scribe)
    }

    fn with(settings: Notify, scribe: Option<Scribe>) -> (Bell, Self) {
        let (sender, waiting) = mpsc::channel(QUEUE_MAX);
        let bell = Bell(settings.is_on.then_some(sender));
        let notifier = Self {
            settings,
            scribe,
            waiting,
            told: VecDeque::new(),
        };
        (bell, notifier)
    }

    /// Until told to stop.
    pub(crate) async fn run(mut self, watch: Watch, stop: CancellationToken) {
        loop {
            let (id, found_at) = tokio::select! {
                () = stop.cancelled() => return,
                spike = self.waiting.recv() => match spike {
                    Some(spike) => spike,
                    None => return,
                },
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(found_at + self.settings.delay) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.tell(&watch, id) => {}
            }
        }
    }

    async fn tell(&mut self, watch: &Watch, id: SpikeId) {
        let now = watch.clock.now();
        self.told.retain(|told| now - *told < HOUR);
        if self.told.len() >= PER_HOUR_MAX {
            tracing::warn!(spike = %id, "nobody is told of it: {PER_HOUR_MAX} were told in an hour");
            return;
        }
        let reader = watch.clone();
        let read = tokio::task::spawn_blocking(move || read(&reader, id)).await;
        let (spike, suspects) = match read {
            // It was taken back, as late data showed that there was none.
            Ok(Ok(None)) | Err(_) => return,
            Ok(Ok(Some(found))) => found,
            Ok(Err(error)) => return warn(id, &NotifyError::Db(error)),
        };
        if now - spike.begin_at_us > BEGAN_MAX + micros(self.settings.delay) {
            tracing::info!(spike = %id, "nobody is told of it: it began long ago");
            return;
        }
        self.told.push_back(now);
        let found = found(spike, suspects, self.settings.suspects_max);
        if let Some(scribe) = &self.scribe
            && let Err(error) = scribe.store(&found).await
        {
            tracing::warn!(spike = %id, error = %daemon::log::chain(&error), "it is not forwarded");
        }
        let body = serde_json::to_string(&found).unwrap_or_default();
        let (webhook, command) = tokio::join!(self.webhook(&body), self.command(&body));
        for outcome in [webhook, command] {
            match outcome {
                Ok(true) => tracing::info!(spike = %id, "told of it"),
                Ok(false) => {}
                Err(error) => warn(id, &error),
            }
        }
    }

    /// Whether there is one; an error if it has not taken the notice.
    async fn webhook(&self, body: &str) -> Result<bool, NotifyError> {
        let Some(path) = &self.settings.webhook_file else {
            return Ok(false);
        };
        // Read each time, so that another one needs no restart.
        let url = Secret::from_file(path)?;
        // The client asks for a provider, even for plain HTTP; one that is there already will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("bitville/", env!("CARGO_PKG_VERSION")))
            .timeout(self.settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| NotifyError::Webhook(error.without_url()))?;
        let mut tries = 0;
        loop {
            tries += 1;
            let request = client
                .post(url.reveal())
                .header("content-type", "application/json")
                .body(body.to_owned());
            let error = match request.send().await {
                Ok(answer) if answer.status().is_success() => return Ok(true),
                Ok(answer) => NotifyError::Status(answer.status()),
                Err(error) => NotifyError::Webhook(error.without_url()),
            };
            let is_final =
                matches!(&error, NotifyError::Status(status) if status.is_client_error());
            if tries >= TRIES || is_final {
                return Err(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The same of the program.
    async fn command(&self, body: &str) -> Result<bool, NotifyError> {
        let Some(program) = &self.settings.command else {
            return Ok(false);
        };
        let path = program.display().to_string();
        let failed = |source| NotifyError::Command {
            path: path.clone(),
            source,
        };
        let mut child = Command::new(program)
            // What the store's own environment has is none of its business.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let input = child.stdin.take();
        let work = async {
            if let Some(mut input) = input {
                // One that does not read what it is told may still do what it should.
                let _ = input.write_all(body.as_bytes()).await;
            }
            child.wait().await
        };
        let status = match tokio::time::timeout(self.settings.timeout, work).await {
            Ok(status) => status.map_err(failed)?,
            Err(_) => {
                return Err(NotifyError::Slow {
                    path,
                    seconds: self.settings.timeout.as_secs(),
                });
            }
        };
        if status.success() {
            Ok(true)
        } else {
            Err(NotifyError::Ended { path, status })
        }
    }
}

fn read(watch: &Watch, id: SpikeId) -> Result<Option<(Spike, Suspects)>, DbError> {
    let ask = watch.ask();
    let Some(spike) = ask.meta.spike(id)? else {
        return Ok(None);
    };
    let suspects = query::suspects::of_spike(&ask, id, BaselineKind::default())?;
    Ok(suspects.map(|suspects| (spike, suspects)))
}

fn found(spike: Spike, suspects: Suspects, suspects_max: usize) -> SpikeFound {
    let mut first = suspects.suspects;
    first.truncate(suspects_max);
    SpikeFound {
        text: text(&spike, &first),
        spike,
        suspects: first,
        unexplained_share: suspects.unexplained_share,
    }
}

/// A line on the spike, and one for each suspect.
fn text(spike: &Spike, suspects: &[Suspect]) -> String {
    let project = spike.project.as_ref().map_or("", |it| it.as_str());
    let mut text = format!("Spike {} in {project}: {}", spike.id, spike.reason);
    if suspects.is_empty() {
        text.push_str("\nno suspect yet");
    }
    for (place, suspect) in (1..).zip(suspects) {
        let share = suspect.share * 100.0;
        let kind = suspect.kind.words();
        // Writing to a text can't fail.
        let _ = write!(
            text,
            "\n{place}. {share:.0} % {} ({kind}): {}",
            suspect.label, suspect.evidence
        );
    }
    let _ = write!(text, "\nbitville-tui --spike {}", spike.id);
    text
}

fn warn(id: SpikeId, error: &NotifyError) {
    tracing::warn!(spike = %id, error = %daemon::log::chain(error), "nobody is told of it");
}

fn micros(duration: Duration) -> Micros {
    Micros(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(is_on: bool) -> Notify {
        Notify {
            is_on,
            is_gelf_on: true,
            webhook_file: None,
            command: None,
            delay: Duration::ZERO,
            timeout: Duration::from_secs(1),
            suspects_max: 3,
        }
    }

    #[test]
    fn with_notices_off_nothing_is_handed_in() {
        let (bell, mut notifier) = Notifier::with(settings(false), None);
        bell.ring(SpikeId(7));
        assert!(notifier.waiting.try_recv().is_err());
    }

    #[test]
    fn each_ring_is_handed_in_until_the_queue_is_full() {
        let (bell, mut notifier) = Notifier::with(settings(true), None);
        for id in 0..100 {
            bell.ring(SpikeId(id));
        }
        let mut ids = Vec::new();
        while let Ok((id, _)) = notifier.waiting.try_recv() {
            ids.push(id.0);
        }
        assert_eq!(ids, (0..64).collect::<Vec<i64>>());
    }
}
