//! A record as GELF 1.1 messages: a pure mapping, of which `docs/gelf.md` has every field.
//!
//! Graylog is strict where it matters and silent where it drops: a frame beyond its limit takes the
//! connection down with all that is behind it, a text beyond 32,766 bytes the whole document, a boolean
//! or a null just itself. So [`message::Message`] is the only way to write one, and each rule stands
//! there once. Here a record's kind decides what is told of it; [`field`] has every name with its type,
//! which never changes from message to message. Of the entries of a database server's log, of which there are
//! most, a message is written from the body's own text ([`json`]); of all else from the body's type.
//!
//! Formats: GELF 1.1 (Graylog's documentation, "GELF payload specification"); what its server makes of
//! it, in `LenientDelimiterBasedFrameDecoder` and `GelfDecoder` of its source.

pub(crate) mod field;
pub(crate) mod level;

mod escape;
mod json;
pub(crate) mod message;

mod kinds;
pub(crate) mod map;
