//! Reads a query string strictly: what is misspelt is told, not passed over.

use std::collections::BTreeMap;

use axum::extract::Query;
use wire::ids::{CorrelationId, Host, Project, SpikeId};
use wire::query::BaselineKind;
use wire::time::{Instant, Micros, Range};

use crate::calendar;
use crate::limits;
use crate::query::filter::{Comparison, Filter, NumberField, TextField};
use crate::refusal::Refusal;

/// The parameters of one request.
#[derive(Debug)]
pub(super) struct Params {
    given: BTreeMap<String, String>,
    now: Instant,
}

/// Reads a request's id.
pub(super) fn correlation_id(name: &'static str, text: &str) -> Result<CorrelationId, Refusal> {
    text.parse().map(CorrelationId).map_err(|_| {
        let given: String = text.chars().take(80).collect();
        Refusal::parameter(name, format!("a UUID is allowed, got {given:?}"))
    })
}

/// Reads a spike's number.
pub(super) fn spike_id(name: &'static str, text: &str) -> Result<SpikeId, Refusal> {
    text.parse().map(SpikeId).map_err(|_| {
        let given: String = text.chars().take(80).collect();
        Refusal::parameter(name, format!("a spike's number is allowed, got {given:?}"))
    })
}

// === impl Params ===

impl Params {
    /// Reads a query string in which only the named parameters may stand, each once.
    pub(super) fn parse(
        query: Option<&str>,
        allowed: &[&str],
        now: Instant,
    ) -> Result<Self, Refusal> {
        let uri = format!("/?{}", query.unwrap_or_default());
        let pairs = uri
            .parse()
            .ok()
            .and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok())
            .ok_or_else(|| Refusal::parameter("", "name=value pairs, URL-encoded, are allowed"))?;
        let mut given = BTreeMap::new();
        for (name, value) in pairs.0 {
            if !allowed.contains(&name.as_str()) {
                let name: String = name.chars().take(80).collect();
                let detail = match allowed {
                    [] => "no parameters are allowed here".to_owned(),
                    allowed => format!("unknown parameter; allowed are {}", allowed.join(", ")),
                };
                return Err(Refusal::parameter(name, detail));
            }
            if given.insert(name.clone(), value).is_some() {
                return Err(Refusal::parameter(
                    name,
                    "it is given twice, once is allowed",
                ));
            }
        }
        Ok(Self { given, now })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// `from_at_us` to `to_at_us`; by default up to now, and as long as `span`.
    pub(super) fn range(&self, span: Micros) -> Result<Range, Refusal> {
        let to_at_us = self.moment("to_at_us")?.unwrap_or(self.now);
        let default = Range {
            from_at_us: to_at_us - span,
            to_at_us,
        };
        self.range_of("from_at_us", "to_at_us", default)
    }

    /// A range by the names of its two ends.
    pub(super) fn range_of(
        &self,
        from: &'static str,
        to: &'static str,
        default: Range,
    ) -> Result<Range, Refusal> {
        let range = Range {
            from_at_us: self.moment(from)?.unwrap_or(default.from_at_us),
            to_at_us: self.moment(to)?.unwrap_or(default.to_at_us),
        };
        if range.from_at_us >= range.to_at_us {
            let detail = format!("it must lie before {to} (by default now)");
            return Err(Refusal::parameter(from, detail));
        }
        if range.span().0 > limits::RANGE_MAX_US {
            let detail = "a range of at most 366 days is allowed";
            return Err(Refusal::parameter(from, detail));
        }
        Ok(range)
    }

    pub(super) fn number(
        &self,
        name: &'static str,
        default: usize,
        least: usize,
        most: usize,
    ) -> Result<usize, Refusal> {
        let read = |text: &str| {
            text.parse()
                .ok()
                .filter(|value| (least..=most).contains(value))
        };
        Ok(self
            .parsed(name, &format!("{least} to {most}"), read)?
            .unwrap_or(default))
    }

    pub(super) fn micros(&self, name: &'static str) -> Result<Option<Micros>, Refusal> {
        let read = |text: &str| text.parse().ok().filter(|value| *value >= 0).map(Micros);
        self.parsed(name, "a whole number of microseconds", read)
    }

    pub(super) fn project(&self) -> Result<Option<Project>, Refusal> {
        self.checked("project", |text| Project::try_new(text))
    }

    pub(super) fn host(&self) -> Result<Option<Host>, Refusal> {
        self.checked("host", |text| Host::try_new(text))
    }

    /// `filter`, with `project`, `route` and `min_wall_us`, which say the same in parameters.
    pub(super) fn filter(&self) -> Result<Filter, Refusal> {
        let text = self.text("filter").unwrap_or_default();
        let mut filter = Filter::parse(text, self.now)
            .map_err(|error| Refusal::parameter("filter", error.to_string()))?;
        if let Some(project) = self.project()? {
            filter.and_text(TextField::Project, project.as_str());
        }
        if let Some(route) = self.text("route") {
            filter.and_text(TextField::Route, route);
        }
        if let Some(wall) = self.micros("min_wall_us")? {
            filter.and_number(NumberField::DurationUs, Comparison::GreaterOrEqual, wall.0);
        }
        Ok(filter)
    }

    /// `baseline`: what to compare with.
    pub(super) fn baseline(&self) -> Result<BaselineKind, Refusal> {
        let read = |text: &str| BaselineKind::ALL.into_iter().find(|it| it.name() == text);
        let kind = self.parsed("baseline", "before, yesterday or last_week", read)?;
        Ok(kind.unwrap_or_default())
    }

    pub(super) fn spike(&self) -> Result<Option<SpikeId>, Refusal> {
        self.text("spike")
            .map(|text| spike_id("spike", text))
            .transpose()
    }

    /// Refuses parameters that contradict another one.
    pub(super) fn refuse_beside(&self, name: &str, others: &[&str]) -> Result<(), Refusal> {
        match others.iter().find(|other| self.given.contains_key(**other)) {
            None => Ok(()),
            Some(other) => {
                let detail = format!("it is not allowed beside {name}, which says it all");
                Err(Refusal::parameter(*other, detail))
            }
        }
    }

    /// A parameter of any type; `allowed` says what may stand there.
    pub(super) fn parsed<T>(
        &self,
        name: &'static str,
        allowed: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        read(text).map(Some).ok_or_else(|| {
            let given: String = text.chars().take(80).collect();
            Refusal::parameter(name, format!("{allowed} is allowed, got {given:?}"))
        })
    }

    pub(super) fn moment(&self, name: &'static str) -> Result<Option<Instant>, Refusal> {
        self.checked(name, |text| calendar::parse_moment(text, self.now))
    }

    fn checked<T, E: std::fmt::Display>(
        &self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Refusal> {
        let read = self.text(name).map(read).transpose();
        read.map_err(|error| Refusal::parameter(name, error.to_string()))
    }
}
