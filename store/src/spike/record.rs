//! A spike's notice as a record: stored like all others, and so forwarded like all others.

use daemon::clock::Clock;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::oneshot;
use wire::ids::{EventId, Host, Kind, NameError};
use wire::record::{Record, RecordError};
use wire::spike::SpikeFound;

use crate::db::dictionary::Bodies;
use crate::db::row::Prepared;
use crate::db::writer::{self, Portion, Queue};
use crate::settings::Store;

/// The host of a spike that no host's series showed.
const HOST: &str = "store";

/// Stores notices.
#[derive(Clone, Debug)]
pub(crate) struct Scribe {
    pub(crate) queue: Queue,
    pub(crate) clock: Clock,
    pub(crate) settings: Store,
}

/// Why a notice was not stored.
#[derive(Debug, Error)]
pub(crate) enum ScribeError {
    #[error("the spike can't be made a record")]
    Name(#[from] NameError),
    #[error("the spike can't be made a record")]
    Record(#[from] RecordError),
    #[error("the spike's record can't be compressed: {0}")]
    Bodies(std::io::Error),
    #[error("the writer has ended")]
    Ended,
    #[error("the spike's record can't be written: {0}")]
    Db(String),
}

// === impl Scribe ===

impl Scribe {
    pub(super) async fn store(&self, found: &SpikeFound) -> Result<(), ScribeError> {
        // Without a project there is no series, and so no spike.
        let Some(project) = found.spike.project.clone() else {
            return Ok(());
        };
        let host = match &found.spike.host {
            Some(host) => host.clone(),
            None => Host::try_new(HOST.to_owned())?,
        };
        let record = Record::try_new(
            Kind::try_new(SpikeFound::KIND.to_owned())?,
            event_id(found),
            project,
            host,
            found.spike.begin_at_us,
            found,
        )?;
        let names = self.queue.names.get();
        let kept = writer::kept_range(self.clock.now(), &self.settings);
        let mut bodies =
            Bodies::new(self.queue.dictionaries.clone()).map_err(ScribeError::Bodies)?;
        let prepared = Prepared::try_new(&record, kept, &names, &mut bodies)?;
        let (answer, written) = oneshot::channel();
        let portion = Portion {
            records: vec![prepared],
            put_aside: Vec::new(),
            behind: None,
            names,
            token: String::new(),
            answer,
        };
        let queue = &self.queue.portions;
        queue.send(portion).await.map_err(|_| ScribeError::Ended)?;
        match written.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(ScribeError::Db(daemon::log::chain(&error))),
            Err(_) => Err(ScribeError::Ended),
        }
    }
}

/// Alike for one spike however often it is told: the record is stored once.
fn event_id(found: &SpikeFound) -> EventId {
    let spike = &found.spike;
    let seed = format!("spike {} {}", spike.id.0, spike.begin_at_us.0);
    let hash = Sha256::digest(seed.as_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let begin_ms = u64::try_from(spike.begin_at_us.0 / 1_000).unwrap_or(0);
    EventId(uuid::Builder::from_unix_timestamp_millis(begin_ms, &random).into_uuid())
}
