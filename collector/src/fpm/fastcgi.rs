//! As much of FastCGI 1.0 as it takes to ask one question on a connection of its own.
//!
//! A record is version, type, request id, content length, padding length and one reserved byte, then
//! content and padding (<https://fastcgi-archives.github.io/FastCGI_Specification.html>, section 3.3).
//! Sans-I/O.

use thiserror::Error;

const VERSION: u8 = 1;
const REQUEST_ID: u16 = 1;
const HEADER_BYTES: usize = 8;

const BEGIN_REQUEST: u8 = 1;
const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
const STDERR: u8 = 7;

/// The role of a responder, and no flags: the connection is closed behind the answer.
const BEGIN_BODY: [u8; 8] = [0, 1, 0, 0, 0, 0, 0, 0];

/// A status page of a thousand workers has some 300 KB.
pub(super) const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Enough of what the other side complains of.
const COMPLAINT_BYTES_MAX: usize = 1_000;

/// Why there is no answer.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum FastCgiError {
    #[error("the peer does not speak FastCGI 1")]
    Version,
    #[error("the answer is longer than {ANSWER_BYTES_MAX} bytes")]
    Length,
    #[error("the pool could not take the question (protocol status {0})")]
    Status(u8),
    #[error("the answer has no headers")]
    Headers,
    #[error("the pool answers {status}: {text}")]
    Refused { status: String, text: String },
}

/// An answer that is being received.
#[derive(Debug, Default)]
pub(super) struct Answer {
    held: Vec<u8>,
    output: Vec<u8>,
    complaint: Vec<u8>,
    is_whole: bool,
}

/// The bytes of a request with these variables and no body.
pub(super) fn encode(variables: &[(&str, &str)]) -> Vec<u8> {
    let mut pairs = Vec::new();
    for (name, value) in variables {
        push_length(&mut pairs, name.len());
        push_length(&mut pairs, value.len());
        pairs.extend_from_slice(name.as_bytes());
        pairs.extend_from_slice(value.as_bytes());
    }
    let mut bytes = Vec::new();
    push_record(&mut bytes, BEGIN_REQUEST, &BEGIN_BODY);
    push_record(&mut bytes, PARAMS, &pairs);
    push_record(&mut bytes, PARAMS, &[]);
    push_record(&mut bytes, STDIN, &[]);
    bytes
}

fn push_length(bytes: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short) if short < 128 => bytes.push(short),
        _ => {
            let long = u32::try_from(length).expect("variables are settings, which are short");
            bytes.extend_from_slice(&(long | 0x8000_0000).to_be_bytes());
        }
    }
}

fn push_record(bytes: &mut Vec<u8>, kind: u8, content: &[u8]) {
    let length = u16::try_from(content.len()).expect("settings bound the variables");
    bytes.extend_from_slice(&[VERSION, kind]);
    bytes.extend_from_slice(&REQUEST_ID.to_be_bytes());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(content);
}

// === impl Answer ===

impl Answer {
    /// Takes bytes as they come. True when the answer is whole.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<bool, FastCgiError> {
        self.held.extend_from_slice(bytes);
        while !self.is_whole
            && let Some(record) = self.next_record()?
        {
            self.take(record)?;
        }
        Ok(self.is_whole)
    }

    /// The type and the content of the next whole record.
    fn next_record(&mut self) -> Result<Option<(u8, Vec<u8>)>, FastCgiError> {
        let Some(header) = self.held.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [version, kind, _, _, high, low, padding, _] = *header;
        if version != VERSION {
            return Err(FastCgiError::Version);
        }
        let content = usize::from(u16::from_be_bytes([high, low]));
        let end = HEADER_BYTES + content + usize::from(padding);
        if self.held.len() < end {
            return Ok(None);
        }
        let record: Vec<u8> = self.held.drain(..end).collect();
        let content = record[HEADER_BYTES..HEADER_BYTES + content].to_vec();
        Ok(Some((kind, content)))
    }

    fn take(&mut self, (kind, content): (u8, Vec<u8>)) -> Result<(), FastCgiError> {
        match kind {
            STDOUT if self.output.len() + content.len() > ANSWER_BYTES_MAX => {
                Err(FastCgiError::Length)
            }
            STDOUT => {
                self.output.extend_from_slice(&content);
                Ok(())
            }
            STDERR => {
                let room = COMPLAINT_BYTES_MAX.saturating_sub(self.complaint.len());
                let kept = content.len().min(room);
                self.complaint.extend_from_slice(&content[..kept]);
                Ok(())
            }
            END_REQUEST => {
                self.is_whole = true;
                // Four bytes of the script's own status, then whether it was taken at all.
                match content.get(4) {
                    Some(0) | None => Ok(()),
                    Some(status) => Err(FastCgiError::Status(*status)),
                }
            }
            _ => Ok(()),
        }
    }

    /// The body behind the headers, if they say that all is well.
    pub(super) fn body(&self) -> Result<&[u8], FastCgiError> {
        let text = &self.output;
        let end = text.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.ok_or(FastCgiError::Headers)?;
        let head = String::from_utf8_lossy(&text[..end]);
        let status = head.lines().find_map(|line| line.strip_prefix("Status: "));
        match status {
            Some(status) if !status.starts_with('2') => Err(FastCgiError::Refused {
                status: status.to_owned(),
                text: String::from_utf8_lossy(&self.complaint).trim().to_owned(),
            }),
            _ => Ok(&text[end + 4..]),
        }
    }
}

#[cfg(test)]
mod tests;
