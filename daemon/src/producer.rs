//! Makes records of what a daemon itself has to say: who it is, and ids and times from its clock.

use serde::Serialize;
use wire::ids::{Host, Kind, Project};
use wire::record::{Record, RecordError};
use wire::time::Instant;

use crate::clock::Clock;

/// A daemon as the author of records.
#[derive(Clone, Debug)]
pub struct Producer {
    project: Project,
    host: Host,
    clock: Clock,
}

// === impl Producer ===

impl Producer {
    pub fn new(project: Project, host: Host, clock: Clock) -> Self {
        Self {
            project,
            host,
            clock,
        }
    }

    /// A record of what began at `at_us`. `kind` is one of the `KIND`s in `wire`.
    pub fn record<B: Serialize>(
        &self,
        kind: &'static str,
        at_us: Instant,
        body: &B,
    ) -> Result<Record, RecordError> {
        let kind = Kind::try_new(kind).expect("the kinds in wire are valid names");
        let event_id = self.clock.event_id();
        Record::try_new(
            kind,
            event_id,
            self.project.clone(),
            self.host.clone(),
            at_us,
            body,
        )
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn host(&self) -> &Host {
        &self.host
    }

    pub fn project(&self) -> &Project {
        &self.project
    }
}
