//! Every bound of this process, each with its reason.
//!
//! Bounds that both ends of a wire agree on stand in `wire::limits`.

use std::time::Duration;

/// Connections per listener. Agents hold one each and consoles a few; more is a mistake or an attack.
pub(crate) const CONNECTIONS_MAX: usize = 256;

/// How long a client may take to send its headers: they fit one packet, so 10 s is a stalled client.
pub(crate) const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to send a batch: 32 MiB over a line of 5 Mbit/s.
pub(crate) const BATCH_TIMEOUT: Duration = Duration::from_secs(60);

/// How long connections may finish what they began once the store is told to stop.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(15);

/// Batches that are received or decoded at once; each may hold 32 MiB compressed. Agents retry.
pub(crate) const BATCHES_AT_ONCE: usize = 8;

/// The window of a zstd frame, as a power of two: 8 MiB covers every level up to 19 and keeps a
/// hostile frame from asking for gigabytes.
pub(crate) const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Records in one portion on its way to the writer: a commit is worth its fsync from about here on.
pub(crate) const PORTION_RECORDS_MAX: usize = 1_000;

/// Bytes of bodies (as they are stored) in one portion: bounds the queue's memory.
pub(crate) const PORTION_BYTES_MAX: usize = 6 * 1024 * 1024;

/// Portions that wait for the writer: with the bound above 36 MiB. Beyond it, senders get a 503.
pub(crate) const PORTIONS_QUEUED_MAX: usize = 6;

/// Records that one commit gathers; beyond it the gain is small and the waiting grows.
pub(crate) const COMMIT_RECORDS_MAX: usize = 2_000;

/// How long one commit gathers what is queued already.
pub(crate) const COMMIT_GATHER: Duration = Duration::from_millis(10);

/// Lines kept aside per day, the rest is only counted: evidence for a developer, not an archive.
pub(crate) const PUT_ASIDE_ROWS_MAX: u64 = 10_000;

/// How much of a line that is put aside is kept.
pub(crate) const PUT_ASIDE_LINE_BYTES_MAX: usize = 16 * 1024;

/// How long a reason may be: it repeats what was sent, and a batch may hold 50,000 of them.
pub(crate) const REASON_BYTES_MAX: usize = 300;

/// How much time one sample may weigh. Agents sample every second or ten; sums of more would mean
/// nothing, and sums of the greatest numbers would not fit their column.
pub(crate) const SAMPLE_US_MAX: i64 = 3_600 * 1_000_000;

/// A reading speaks for at most this long: after an outage, the first one does not fill the hole.
pub(crate) const READING_SPAN_MAX_US: i64 = 30 * 1_000_000;

/// How long a request may have taken, for the same reason.
pub(crate) const REQUEST_US_MAX: i64 = RANGE_MAX_US;

/// Statements that the writer remembers to have written today, so that it need not write them again.
pub(crate) const STATEMENTS_REMEMBERED_MAX: usize = 20_000;

/// Pairs of project and host that the writer remembers to have written today.
pub(crate) const SOURCES_REMEMBERED_MAX: usize = 10_000;

/// Names of one sort that are remembered at a time, and their bytes: some ten times what a large site
/// has of functions.
pub(crate) const NAMES_MAX: usize = 100_000;
/// See [`NAMES_MAX`].
pub(crate) const NAMES_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Names of one sort in one day's file; all further ones are counted as one.
pub(crate) const NAMES_OF_DAY_MAX: i64 = 500_000;

/// Kinds that have a dictionary of their own: nearly twice what there are. Each gathers 8 MiB at most, most far less.
pub(crate) const DICTIONARIES_MAX: usize = 16;

/// Statements of one request that are counted by their shape: the listener sends at most some hundred.
pub(crate) const STATEMENTS_OF_REQUEST_MAX: usize = 1_000;

/// How often one request has to issue a statement to be told as a loop (N+1): ten rows of a list.
pub(crate) const LOOP_STATEMENTS_MIN: u32 = 10;

/// Entries of sums that the writer keeps at hand: some 100 bytes each.
pub(crate) const SUMS_AT_HAND_MAX: usize = 80_000;

/// Days before today in which the writer looks for a record that is sent again.
pub(crate) const DAYS_REMEMBERED_MAX: usize = 8;

/// The time of one query: a reader that stays open keeps the WAL from being reset.
pub(crate) const QUERY_DEADLINE: Duration = Duration::from_secs(5);

/// Queries that run at once: they share the cores with the writer.
pub(crate) const QUERIES_AT_ONCE: usize = 4;

/// Streams of news: each console holds one.
pub(crate) const STREAMS_MAX: usize = 32;

/// How long a query may wait for its turn.
pub(crate) const QUERY_TURN: Duration = Duration::from_secs(5);

/// The longest range of one query: the longest retention that the settings allow.
pub(crate) const RANGE_MAX_US: i64 = 366 * 86_400 * 1_000_000;

/// Samples of one request's sessions in an answer: an hour at one a second.
pub(crate) const SAMPLES_MAX: usize = 3_600;

/// Lock samples that one query reads: bounds its memory to some 100 MB.
pub(crate) const LOCK_ROWS_MAX: usize = 400_000;

/// The same of suspects: of more, every so many-th sample stands for the others.
pub(crate) const SUSPECT_LOCK_ROWS_MAX: usize = 50_000;

/// Requests whose bodies are read to name the functions behind the statements of one answer.
pub(crate) const CALLERS_MAX: usize = 64;

/// Sessions of a tree of locks told one by one: more than a screen shows, less than a server's connections.
pub(crate) const LOCK_NODES_MAX: usize = 500;

/// Victims told one by one per lock episode, and suspects told one by one.
pub(crate) const VICTIMS_MAX: usize = 50;
/// Suspects beyond these explain too little to be worth a line.
pub(crate) const SUSPECTS_MAX: usize = 20;

/// Routes whose requests are looked into to name what of them costs more.
pub(crate) const SUSPECT_ROUTES_MAX: usize = 16;
/// Requests of all of them that are looked into, in the range and in the baseline: some 0.2 ms each.
pub(crate) const SUSPECT_BODIES_MAX: usize = 384;
/// Requests of one route and period of which more would tell no more.
pub(crate) const SUSPECT_SAMPLES_MAX: usize = 32;

/// A line of a log as a list shows it; the body has all of it.
pub(crate) const LOG_TEXT_BYTES_MAX: usize = 1_000;

/// Backends that one answer looks up the requests of.
pub(crate) const BACKENDS_RESOLVED_MAX: usize = 2_000;

/// Log entries told with one request: a request that fails writes some.
pub(crate) const LOGS_OF_REQUEST_MAX: usize = 100;

/// Database backends of one request whose samples are looked for: connections, not statements.
pub(crate) const BACKENDS_OF_REQUEST_MAX: usize = 8;

/// Tokens: one per agent and operator.
pub(crate) const TOKENS_MAX: usize = 1_000;

/// What the kernel holds of datagrams while a commit is under way: some thousand. It cuts this to
/// `net.core.rmem_max`.
pub(crate) const UDP_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Networks of one token: a site has some data centres.
pub(crate) const TOKEN_NETWORKS_MAX: usize = 32;

/// Spikes kept: years of an unlucky site.
pub(crate) const SPIKES_MAX: usize = 10_000;

/// The evidence kept of one spike: three rankings and a timeline are some 100 KB.
pub(crate) const EVIDENCE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Gaps told in one timeline: more than its axis has columns to mark.
pub(crate) const GAPS_MAX: usize = 500;

/// Records that the forwarder reads at a time, and bytes of their messages: what takes a millisecond or two, since
/// meanwhile nothing is sent.
pub(crate) const LOAD_RECORDS_MAX: usize = 500;
/// See [`LOAD_RECORDS_MAX`]; one record more may be above it, of which the largest has 4 MiB.
pub(crate) const LOAD_BYTES_MAX: usize = 512 * 1024;

/// Messages that were read and are not done with: enough for all batches under way, and the next.
pub(crate) const WINDOW_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The same in records, of which some have no messages.
pub(crate) const WINDOW_RECORDS_MAX: usize = 40_000;
