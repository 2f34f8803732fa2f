//! An incident in one file: the answers that the console needs, to be opened without a store.
//!
//! A bundle is JSON in zstd: `version`, `spike`, and `answers`, each as the store gave it, under the path
//! and the parameters that asked for it. It is made by playing the console: whatever the screens ask on
//! the way from the spike through its suspects to the requests is asked and kept. So a bundle has what
//! the operator would have looked at, redacted as the store has it, and nothing else.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use wire::ids::{Project, SpikeId};

use crate::action::{Answered, Effect, Msg, Size};
use crate::ask::Trouble;
use crate::client::Client;
use crate::clock::now;
use crate::fetch::Job;
use crate::keymap::Key;
use crate::state::{Start, State};

/// The only version there is; another one is refused.
const VERSION: u32 = 1;
/// Some hundred requests with their profiles take a few MiB; more would be no incident.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The same after decompression: the guard against bombs.
const PLAIN_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Requests that are opened while it is made; each is one question.
const REQUESTS_MAX: usize = 60;
/// Statements that are looked into, and moments of the locks that are kept.
const STATEMENTS_MAX: usize = 10;
const MOMENTS_MAX: usize = 60;
/// Suspects that are opened.
const SUSPECTS_MAX: usize = 12;
/// zstd's usual level: higher ones take long and save little.
const LEVEL: i32 = 3;

#[derive(Debug, Serialize, Deserialize)]
pub struct Bundle {
    version: u32,
    pub spike: SpikeId,
    answers: BTreeMap<String, Box<RawValue>>,
}

#[derive(Debug, Error)]
pub enum BundleError {
    #[error("cannot read the bundle")]
    Read(#[source] io::Error),
    #[error("the bundle is larger than {BYTES_MAX} bytes, or than {PLAIN_BYTES_MAX} unpacked")]
    Size,
    #[error("this is no bundle of `bitville-tui bundle`")]
    Form(#[source] serde_json::Error),
    #[error("the bundle has version {0}; {VERSION} is understood")]
    Version(u32),
}

// === impl Bundle ===

impl Bundle {
    pub fn new(spike: SpikeId, answers: BTreeMap<String, Box<RawValue>>) -> Self {
        Self {
            version: VERSION,
            spike,
            answers,
        }
    }

    pub fn read(path: &Path) -> Result<Self, BundleError> {
        let file = std::fs::File::open(path).map_err(BundleError::Read)?;
        if file.metadata().map_err(BundleError::Read)?.len() > BYTES_MAX {
            return Err(BundleError::Size);
        }
        let unpacked = zstd::Decoder::new(file.take(BYTES_MAX)).map_err(BundleError::Read)?;
        let mut plain = Vec::new();
        let mut bounded = unpacked.take(PLAIN_BYTES_MAX + 1);
        bounded.read_to_end(&mut plain).map_err(BundleError::Read)?;
        if plain.len() as u64 > PLAIN_BYTES_MAX {
            return Err(BundleError::Size);
        }
        let bundle: Self = serde_json::from_slice(&plain).map_err(BundleError::Form)?;
        match bundle.version {
            VERSION => Ok(bundle),
            other => Err(BundleError::Version(other)),
        }
    }

    pub fn pack(&self) -> io::Result<Vec<u8>> {
        zstd::encode_all(&*serde_json::to_vec(self)?, LEVEL)
    }

    /// The answer to a question, if it was asked when the bundle was made.
    pub fn answer(&self, question: &str) -> Option<&[u8]> {
        let answer = self.answers.get(question)?;
        Some(answer.get().as_bytes())
    }

    pub fn answers(&self) -> usize {
        self.answers.len()
    }
}

/// A question as a bundle knows it.
pub fn question(path: &str, parameters: &[(&'static str, String)]) -> String {
    let mut question = path.to_owned();
    for (name, value) in parameters {
        for part in ["\n", name, "=", value] {
            question.push_str(part);
        }
    }
    question
}

/// Plays the console on a spike, so that a client that keeps its answers has what the screens ask.
pub async fn play(
    client: &Client,
    spike: SpikeId,
    project: Option<Project>,
) -> Result<(), Trouble> {
    let start = Start {
        project,
        spike: Some(spike),
        ..Start::default()
    };
    // As high as a screen may be, so that no list asks for less than a real one would.
    let size = Size {
        columns: 200,
        rows: 100,
    };
    let mut state = State::new(start, size, now());
    let first = state.update(Msg::Clock(now()));
    settle(client, &mut state, first).await?;
    for _ in 0..SUSPECTS_MAX {
        for key in [Key::Enter, Key::Char('1'), Key::Char('j')] {
            press(client, &mut state, key).await?;
        }
    }
    for key in ['2', 'o', 'o', 'o', 'o', 'o', 'o'] {
        press(client, &mut state, Key::Char(key)).await?;
    }
    look_around(client, &mut state).await?;
    press(client, &mut state, Key::Char('2')).await?;
    for _ in 0..REQUESTS_MAX {
        for key in [Key::Enter, Key::Esc, Key::Char('j')] {
            press(client, &mut state, key).await?;
        }
    }
    Ok(())
}

/// The screens beside the requests, of the spike and of what is in sight.
async fn look_around(client: &Client, state: &mut State) -> Result<(), Trouble> {
    // With the baseline, and with whole stacks where there are some.
    for key in ['1', '3', 'd', 'i', 'i', '1', '4'] {
        press(client, state, Key::Char(key)).await?;
    }
    for _ in 0..STATEMENTS_MAX {
        for key in [Key::Enter, Key::Esc, Key::Char('j')] {
            press(client, state, key).await?;
        }
    }
    for key in ['1', '5', 'w'] {
        press(client, state, Key::Char(key)).await?;
    }
    // Moments on both sides of the worst, and the episodes.
    for key in ['h', 'l'] {
        press(client, state, Key::Char('w')).await?;
        for _ in 0..MOMENTS_MAX / 2 {
            press(client, state, Key::Char(key)).await?;
        }
    }
    press(client, state, Key::Tab).await?;
    for key in ['1', '6', '7', '8', '1'] {
        press(client, state, Key::Char(key)).await?;
    }
    Ok(())
}

async fn press(client: &Client, state: &mut State, key: Key) -> Result<(), Trouble> {
    let effects = state.update(Msg::Key(key));
    settle(client, state, effects).await
}

/// Answers questions until there are no more.
async fn settle(client: &Client, state: &mut State, effects: Vec<Effect>) -> Result<(), Trouble> {
    let mut jobs: VecDeque<Job> = asked(effects).collect();
    while let Some(job) = jobs.pop_front() {
        let outcome = client.fetch(&job.ask).await;
        match &outcome {
            // What is gone, or never was, is not in the bundle either.
            Err(trouble) if trouble.may_pass() => return Err(trouble.clone()),
            _ => {}
        }
        let answered = Answered {
            generation: job.generation,
            outcome,
        };
        jobs.extend(asked(state.update(Msg::Answered(answered))));
    }
    Ok(())
}

fn asked(effects: Vec<Effect>) -> impl Iterator<Item = Job> {
    effects.into_iter().filter_map(|effect| match effect {
        Effect::Ask(job) => Some(job),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_found_again_and_nothing_else() {
        let asked = question("/v1/locks", &[("from_at_us", "1".to_owned())]);
        let answer = RawValue::from_string("{\"episodes\":[]}".to_owned()).expect("JSON");
        let bundle = Bundle::new(SpikeId(3), BTreeMap::from([(asked.clone(), answer)]));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.bvz");
        std::fs::write(&path, bundle.pack().expect("packed")).expect("written");
        let bundle = Bundle::read(&path).expect("a bundle");
        assert_eq!(bundle.spike, SpikeId(3));
        assert_eq!(bundle.answer(&asked), Some(&b"{\"episodes\":[]}"[..]));
        assert_eq!(bundle.answer("/v1/locks"), None);
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.bvz");
        let wrong = zstd::encode_all(&b"{\"version\":9,\"spike\":1,\"answers\":{}}"[..], 3);
        for bytes in [b"no zstd".to_vec(), wrong.expect("packed")] {
            std::fs::write(&path, bytes).expect("written");
            Bundle::read(&path).expect_err("it is no bundle");
        }
    }
}
