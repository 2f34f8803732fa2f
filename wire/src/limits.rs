//! Every bound that both ends of a wire must agree on, each with its reason.
//!
//! Bounds that concern one process alone (queue lengths, caches) stand in that process.

/// A frame's body, in bytes. A profile of 5,000 edges and 500 statements of 8 KiB encodes to about
/// 4 MiB; PHP caps its parts long before that, so a larger frame is garbage or an attack.
pub const FRAME_BODY_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// One line of a batch: a frame's body and nothing around it.
pub const LINE_BYTES_MAX: usize = FRAME_BODY_BYTES_MAX as usize;

/// A batch as it arrives. Agents send at most a few MiB; the rest is room for other settings.
pub const BATCH_COMPRESSED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A batch after decompression: the guard against decompression bombs.
pub const BATCH_PLAIN_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Records in one batch: bounds the store's transaction.
pub const BATCH_RECORDS_MAX: usize = 50_000;

/// How deep a record's JSON may nest. Ours nests 6 deep; serde would stop at 128.
pub const JSON_DEPTH_MAX: usize = 64;

/// A record's kind. It is a column and a metric label, so it stays short.
pub const KIND_BYTES_MAX: usize = 64;

/// A project's name. It is a file name in exports and a label in Graylog.
pub const PROJECT_BYTES_MAX: usize = 64;

/// A host's name: the limit of the DNS.
pub const HOST_BYTES_MAX: usize = 255;

/// Spikes, requests or rows in one answer of the query API, unless the caller asks for fewer.
pub const ANSWER_ROWS_MAX: usize = 1_000;

/// Functions of an answer that has who called whom: more than one application's requests go through.
pub const GRAPH_FUNCTIONS_MAX: usize = 3_000;

/// Call pairs of an answer that has who called whom: some seven a function. At 40 bytes each it is below a
/// megabyte.
pub const GRAPH_PAIRS_MAX: usize = 20_000;

/// Buckets in one timeline: more than the widest terminal has columns.
pub const TIMELINE_BUCKETS_MAX: usize = 2_000;
