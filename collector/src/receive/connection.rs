//! One connection: frames in, one byte of answer for each, in their order.
//!
//! After a bad body the connection goes on with the next frame; after a bad header its place in the
//! stream is lost and it is closed. When the journal takes nothing the connection is closed without
//! an answer: the record was not refused, so PHP may try another way.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use wire::frame::{ACK, Decoder, FrameError, NAK};

use super::Office;
use crate::admit;
use crate::intake::Pending;

/// What a connection holds before its frame needs one of the places for large ones.
pub(super) const SMALL_FRAME_BYTES: usize = 64 * 1024;

/// One read. Frames of a usual size come with one or two.
const READ_BYTES: usize = 16 * 1024;

/// From a frame's first byte to its last, and for its answer to be taken. PHP gives itself 50 ms.
const FRAME_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection that was made in the last moment may take to begin. PHP writes at once.
const FIRST_WORD_GRACE: Duration = Duration::from_millis(20);

/// How long a connection may say nothing between frames.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection that is being served.
pub(super) struct Connection<'o> {
    stream: UnixStream,
    office: &'o Office,
    decoder: Decoder,
    /// Bytes of the frame that is not yet whole, or somewhat more.
    held_bytes: usize,
    large_frame: Option<OwnedSemaphorePermit>,
    patience: Patience,
}

/// How long a connection is waited for.
struct Patience {
    is_mid_frame: bool,
    has_spoken: bool,
    deadline: Instant,
    /// Told when somebody else needs the place.
    cut: Arc<Notify>,
}

/// The answer to a frame.
enum Answer {
    Refused,
    Pending(Pending),
}

// === impl Connection ===

impl<'o> Connection<'o> {
    pub(super) fn new(stream: UnixStream, office: &'o Office) -> Self {
        Self {
            stream,
            office,
            decoder: Decoder::default(),
            held_bytes: 0,
            large_frame: None,
            patience: Patience {
                is_mid_frame: false,
                has_spoken: false,
                deadline: Instant::now() + IDLE_TIMEOUT,
                cut: Arc::default(),
            },
        }
    }

    /// Serves until the peer is done, breaks a rule or a deadline, or it is time to stop and no
    /// frame is in hand.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        // Made with the first byte: a thousand connections that say nothing shall cost little.
        let mut buffer = Vec::new();
        while let Some(read) = self.read(&mut buffer, &stop).await {
            self.patience.has_spoken = true;
            self.decoder.push(&buffer[..read]);
            let mut answers = Vec::new();
            let has_place = self.decode(&mut answers).await;
            self.note_progress(read, !answers.is_empty());
            if !self.answer(answers).await || !has_place || !self.has_room().await {
                return;
            }
        }
    }

    /// How many bytes came; none if the connection is over.
    async fn read(&mut self, buffer: &mut Vec<u8>, stop: &CancellationToken) -> Option<usize> {
        let (patience, office) = (&self.patience, self.office);
        if buffer.is_empty() {
            patience
                .within(office, stop, self.stream.readable())
                .await?;
            buffer.resize(READ_BYTES, 0);
        }
        let read = self.stream.read(buffer);
        let read = patience.within(office, stop, read).await?;
        // Zero bytes: the peer has closed; half a frame was never acknowledged.
        (read > 0).then_some(read)
    }

    /// Takes every whole frame out of what was read. False if the place in the stream is lost.
    async fn decode(&mut self, answers: &mut Vec<Answer>) -> bool {
        loop {
            match self.decoder.next_body() {
                Ok(Some(body)) => answers.push(self.take(body).await),
                Ok(None) => return true,
                Err(error) => {
                    self.office.refuse(frame_counter(error), &error);
                    answers.push(Answer::Refused);
                    if !error.keeps_place() {
                        return false;
                    }
                }
            }
        }
    }

    async fn take(&mut self, body: Vec<u8>) -> Answer {
        match admit::admit(body) {
            Ok(line) => Answer::Pending(self.office.intake.submit(line).await),
            Err(error) => {
                self.office.refuse(admit::counter_name(&error), &error);
                Answer::Refused
            }
        }
    }

    /// A frame has its time from its first byte on, silence from the last frame on.
    fn note_progress(&mut self, read: usize, has_answers: bool) {
        if has_answers {
            self.large_frame = None;
            // The rest of what was read at most.
            self.held_bytes = read;
        } else {
            self.held_bytes += read;
        }
        let patience = &mut self.patience;
        let was_mid_frame = patience.is_mid_frame && !has_answers;
        patience.is_mid_frame = self.decoder.is_mid_frame();
        if !patience.is_mid_frame {
            patience.deadline = Instant::now() + IDLE_TIMEOUT;
        } else if !was_mid_frame {
            patience.deadline = Instant::now() + FRAME_TIMEOUT;
        }
    }

    /// Answers the frames in their order, each when its record is in the journal. False if one is
    /// not, or if the peer does not take the answers.
    async fn answer(&mut self, answers: Vec<Answer>) -> bool {
        let mut bytes = Vec::with_capacity(answers.len());
        let mut are_all_kept = true;
        for answer in answers {
            let byte = match answer {
                Answer::Refused => NAK,
                Answer::Pending(pending) => {
                    if !pending.is_kept().await {
                        are_all_kept = false;
                        break;
                    }
                    self.office.frames_accepted.increment();
                    ACK
                }
            };
            bytes.push(byte);
        }
        let deadline = Instant::now() + FRAME_TIMEOUT;
        let written = timeout_at(deadline, self.stream.write_all(&bytes)).await;
        are_all_kept && matches!(written, Ok(Ok(())))
    }

    /// Waits for one of the places for large frames if this is going to be one. False if none
    /// becomes free in the frame's time.
    async fn has_room(&mut self) -> bool {
        if self.held_bytes <= SMALL_FRAME_BYTES || self.large_frame.is_some() {
            return true;
        }
        let place = self.office.large_frames.clone().acquire_owned();
        let outcome = timeout_at(self.patience.deadline, place).await;
        if outcome.is_err() {
            self.office.connections_timed_out.increment();
        }
        self.large_frame = outcome.ok().and_then(Result::ok);
        self.large_frame.is_some()
    }
}

// === impl Patience ===

impl Patience {
    /// Does what waits for the peer. None if it fails, or if there is to be no more waiting.
    async fn within<T>(
        &self,
        office: &Office,
        stop: &CancellationToken,
        wait: impl Future<Output = io::Result<T>>,
    ) -> Option<T> {
        let entry = (!self.is_mid_frame).then(|| office.silent.enter(&self.cut));
        let outcome = tokio::select! {
            // What has arrived already is in hand, so the stream is asked before the signal.
            biased;
            outcome = timeout_at(self.deadline, wait) => outcome,
            () = self.over(stop), if !self.is_mid_frame => return None,
            () = self.cut.notified(), if !self.is_mid_frame => return None,
        };
        drop(entry);
        if outcome.is_err() {
            office.connections_timed_out.increment();
        }
        outcome.ok()?.ok()
    }

    /// Waits until there is no more time for a frame that has not begun. Who has just connected is about to
    /// speak.
    async fn over(&self, stop: &CancellationToken) {
        stop.cancelled().await;
        if !self.has_spoken {
            tokio::time::sleep(FIRST_WORD_GRACE).await;
        }
    }
}

/// The counter of frames that were refused for that reason.
fn frame_counter(error: FrameError) -> &'static str {
    match error {
        FrameError::Length { .. } => "frames_refused_length",
        FrameError::Version { .. } => "frames_refused_version",
        FrameError::Flags { .. } | FrameError::Reserved { .. } => "frames_refused_flags",
        FrameError::Checksum { .. } => "frames_refused_checksum",
    }
}
