//! Every field of our own: its name and its type, which are the same in every message that has it.
//!
//! The first value of a field fixes its type in Graylog's index, and a document of another type is lost
//! as a whole. So a field can only be written by what stands here. `docs/gelf.md` says what each means; a
//! test holds the two together.

/// A field's name, and the same as it stands in a message behind another field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    pub(super) name: &'static str,
    /// `,"_name":`
    pub(super) key: &'static str,
}

/// A text. It is indexed as one term: searched as a whole or by its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text(pub(super) Name);

/// A whole number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Int(pub(super) Name);

/// A number with decimals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float(pub(super) Name);

/// Yes or no, as 1 or 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag(pub(super) Name);

macro_rules! fields {
    ($($type:ident $constant:ident $name:literal;)*) => {
        $(pub(crate) const $constant: $type = $type(Name {
            name: $name,
            key: concat!(",\"", $name, "\":"),
        });)*

        /// Names and types.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$(($name, stringify!($type))),*];
    };
}

fields! {
    // Of every message.
    Text PROJECT "_project";
    Text KIND "_kind";
    Text EVENT_ID "_event_id";
    Int PART "_part";
    Text LIST "_list";
    Int AT_US "_at_us";
    Int GIVEN_AT_US "_given_at_us";
    Text CUT "_cut";

    // Who and what, in several kinds.
    Text CORRELATION_ID "_correlation_id";
    Int DURATION_US "_duration_us";
    Int INTERVAL_US "_interval_us";
    Text ROUTE "_route";
    Text URL "_url";
    Text METHOD "_method";
    Text CLIENT "_client";
    Int PID "_pid";
    Int BACKEND_PID "_backend_pid";
    Text FINGERPRINT "_fingerprint";
    Text STATEMENT "_statement";
    Text QUERY_ID "_query_id";
    Text DATABASE "_database";
    Text DB_USER "_db_user";
    Text APPLICATION "_application";
    Int COUNT "_count";
    Int ERRORS "_errors";
    Text REASON "_reason";

    // request
    Text ACTION "_action";
    Int STATUS "_status";
    Text SAPI "_sapi";
    Text SESSION "_session";
    Int QUEUE_US "_queue_us";
    Int CPU_USER_US "_cpu_user_us";
    Int CPU_SYSTEM_US "_cpu_system_us";
    Int MEMORY_PEAK_BYTES "_memory_peak_bytes";
    Int MEMORY_ALLOCATED_BYTES "_memory_allocated_bytes";
    Int MEMORY_LIMIT_BYTES "_memory_limit_bytes";
    Int SQL_COUNT "_sql_count";
    Int SQL_FAILED "_sql_failed";
    Int SQL_US "_sql_us";
    Int REQUEST_BODY_BYTES "_request_body_bytes";
    Int RESPONSE_BODY_BYTES "_response_body_bytes";
    Int FILES "_files";
    Flag IS_ERROR "_is_error";
    Text ERROR_TYPE "_error_type";
    Text ERROR_MESSAGE "_error_message";
    Text ERROR_AT "_error_at";
    Text PHP_VERSION "_php_version";
    Text POOL "_pool";
    Text PROFILER "_profiler";
    Int PROFILE_US "_profile_us";
    Text TOP_FUNCTION "_top_function";
    Int TOP_FUNCTION_US "_top_function_us";
    Text SLOWEST_STATEMENT "_slowest_statement";
    Int SLOWEST_STATEMENT_US "_slowest_statement_us";
    Int LISTENER_US "_listener_us";

    // Statements of a request.
    Int START_US "_start_us";
    Int LONGEST_US "_longest_us";
    Text CALLER "_caller";
    Text CALLER_AT "_caller_at";
    Flag IN_TRANSACTION "_in_transaction";

    // traffic
    Int CAPTURED "_captured";
    Int CPU_US "_cpu_us";

    // host_metrics
    Text ROLE "_role";
    Int CORES "_cores";
    Float LOAD1 "_load1";
    Float LOAD5 "_load5";
    Float LOAD15 "_load15";
    Int RUNNABLE "_runnable";
    Int BLOCKED "_blocked";
    Int PROCESSES "_processes";
    Float CPU_USER_PERCENT "_cpu_user_percent";
    Float CPU_SYSTEM_PERCENT "_cpu_system_percent";
    Float CPU_IOWAIT_PERCENT "_cpu_iowait_percent";
    Float CPU_STEAL_PERCENT "_cpu_steal_percent";
    Float CPU_IDLE_PERCENT "_cpu_idle_percent";
    Int MEMORY_TOTAL_BYTES "_memory_total_bytes";
    Int MEMORY_AVAILABLE_BYTES "_memory_available_bytes";
    Int SWAP_TOTAL_BYTES "_swap_total_bytes";
    Int SWAP_USED_BYTES "_swap_used_bytes";
    Float PRESSURE_CPU_PERCENT "_pressure_cpu_percent";
    Float PRESSURE_IO_PERCENT "_pressure_io_percent";
    Float PRESSURE_MEMORY_PERCENT "_pressure_memory_percent";
    Float DISK_BUSY_PERCENT "_disk_busy_percent";
    Float DISK_USED_PERCENT "_disk_used_percent";
    Text TOP_PROCESS "_top_process";
    Float TOP_PROCESS_PERCENT "_top_process_percent";

    // fpm_status, fpm_slow
    Text ADDRESS "_address";
    Int ACTIVE "_active";
    Int IDLE "_idle";
    Int WORKERS "_workers";
    Int LISTEN_QUEUE "_listen_queue";
    Int CHILDREN_MAX_REACHED "_children_max_reached";
    Int OLDEST_US "_oldest_us";
    Text SCRIPT "_script";

    // pg_activity, pg_locks
    Int BACKENDS "_backends";
    Int CONNECTIONS_MAX "_connections_max";
    Int SESSIONS_CPU "_sessions_cpu";
    Int SESSIONS_IO "_sessions_io";
    Int SESSIONS_LOCK "_sessions_lock";
    Int SESSIONS_CLIENT "_sessions_client";
    Int SESSIONS_OTHER "_sessions_other";
    Int IDLE_IN_TRANSACTION "_idle_in_transaction";
    Text STATE "_state";
    Text WAIT_CLASS "_wait_class";
    Text WAIT_EVENT "_wait_event";
    Int WAITERS "_waiters";
    Int WAITED_US "_waited_us";
    Int BLOCKER_PID "_blocker_pid";
    Int ROOT_PID "_root_pid";
    Text ROOT_CORRELATION_ID "_root_correlation_id";
    Text LOCK_TYPE "_lock_type";
    Text LOCK_MODE "_lock_mode";
    Text RELATION "_relation";

    // pg_log
    Text SEVERITY "_severity";
    Text CLASS "_class";
    Text SQL_STATE "_sql_state";
    Text BACKEND_TYPE "_backend_type";
    Text SESSION_ID "_session_id";
    Int BYTES "_bytes";

    // pg_statements
    Int CALLS "_calls";
    Int ROWS "_rows";
    Int PLANNING_US "_planning_us";
    Int IO_US "_io_us";
    Int BLOCKS_HIT "_blocks_hit";
    Int BLOCKS_READ "_blocks_read";
    Int BLOCKS_DIRTIED "_blocks_dirtied";
    Int TEMPORARY_BLOCKS "_temporary_blocks";
    Int WAL_BYTES "_wal_bytes";

    // pg_database
    Text PG_VERSION "_pg_version";
    Int OLDEST_TRANSACTION_US "_oldest_transaction_us";
    Int COMMITS "_commits";
    Int ROLLBACKS "_rollbacks";
    Int DEADLOCKS "_deadlocks";
    Int TEMPORARY_BYTES "_temporary_bytes";

    // spike
    Int SPIKE "_spike";
    Text MEASURE "_measure";
    Float PEAK "_peak";
    Float USUAL "_usual";
    Text SUSPECT "_suspect";
    Text SUSPECT_KIND "_suspect_kind";
    Float SHARE "_share";

    // agent_health, gap
    Text AGENT "_agent";
    Text AGENT_VERSION "_agent_version";
    Int UPTIME_US "_uptime_us";
    Int RESIDENT_BYTES "_resident_bytes";
    Int JOURNAL_BYTES "_journal_bytes";
    Flag IS_BREAKER_OPEN "_is_breaker_open";
    Text LAST_ERROR "_last_error";
    Int RECORDS "_records";
    Int UNTIL_AT_US "_until_at_us";
}

#[cfg(test)]
mod tests;
