//! A filter as SQL over one day's file, in which names have that day's numbers.

use rusqlite::types::Value;

use crate::db::reader::DayReader;
use crate::query::Answer;
use crate::query::filter::{Filter, NumberField, Pattern, Term, Test, TextField};

/// Functions that one pattern may stand for: more is no pattern but everything.
const FUNCTIONS_MAX: usize = 200;

/// A condition with its values, which are bound by their place from `first` on.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

struct Builder<'a> {
    day: &'a DayReader,
    /// SQL for a request's waiting, and for the waiting behind it.
    lock_us: &'a str,
    blocked_us: &'a str,
    first: usize,
    values: Vec<Value>,
}

impl Condition {
    /// `first` is the number of the first parameter that it may use.
    pub(super) fn of(
        filter: &Filter,
        day: &DayReader,
        (lock_us, blocked_us): (&str, &str),
        first: usize,
    ) -> Answer<Self> {
        let mut builder = Builder {
            day,
            lock_us,
            blocked_us,
            first,
            values: Vec::new(),
        };
        let mut terms = Vec::new();
        for term in &filter.terms {
            terms.push(builder.term(term)?);
        }
        let sql = if terms.is_empty() {
            "r.is_error >= 0".to_owned()
        } else {
            terms.join(" AND ")
        };
        Ok(Self {
            sql,
            values: builder.values,
        })
    }
}

// === impl Builder ===

impl Builder<'_> {
    fn term(&mut self, term: &Term) -> Answer<String> {
        let test = self.test(&term.test)?;
        // A column without a value is not what is asked for, nor is it when that is turned round.
        Ok(if term.is_not {
            format!("NOT coalesce({test}, 0)")
        } else {
            format!("({test})")
        })
    }

    fn test(&mut self, test: &Test) -> Answer<String> {
        Ok(match test {
            Test::Text(TextField::Method, patterns) => {
                // A label is a method and a route.
                let patterns: Vec<Pattern> = patterns
                    .iter()
                    .map(|pattern| {
                        let mut parts = pattern.parts.clone();
                        if let Some(last) = parts.last_mut() {
                            last.push(' ');
                        }
                        parts.push(String::new());
                        Pattern { parts }
                    })
                    .collect();
                self.any_text("t.label", &patterns)
            }
            Test::Text(field, patterns) => self.any_text(column(*field), patterns),
            Test::Number(field, comparison, value) => {
                let column = self.number(*field);
                let place = self.bind(Value::Integer(*value));
                format!("{column} {comparison} {place}")
            }
            Test::Status(ranges) => {
                let any = ranges.iter().map(|(from, to)| {
                    let (from, to) = (self.bind((*from).into()), self.bind((*to).into()));
                    format!("r.status BETWEEN {from} AND {to}")
                });
                any.collect::<Vec<_>>().join(" OR ")
            }
            Test::Error(is_error) => format!("r.is_error = {}", i64::from(*is_error)),
            Test::Word(pattern) => {
                let place = self.bind(Value::Text(pattern.like()));
                format!(r"r.url LIKE {place} ESCAPE '\' OR t.label LIKE {place} ESCAPE '\'")
            }
            Test::Function(patterns) => {
                let ids = self.function_ids(patterns)?;
                has_any("r.functions", &ids)
            }
            Test::Fingerprint(fingerprints) => {
                let mut ids = Vec::new();
                for fingerprint in fingerprints {
                    let sql = "SELECT id FROM main.fingerprint WHERE raw = ?1";
                    let raw = fingerprint.raw().cast_signed();
                    ids.extend(self.day.row(sql, [raw], |row| row.get::<_, i64>(0))?);
                }
                has_any("r.fingerprints", &ids)
            }
        })
    }

    fn any_text(&mut self, column: &str, patterns: &[Pattern]) -> String {
        let any = patterns.iter().map(|pattern| {
            if let Some(text) = pattern.exact() {
                let place = self.bind(Value::Text(text.to_owned()));
                format!("{column} = {place}")
            } else {
                let place = self.bind(Value::Text(pattern.like()));
                format!(r"{column} LIKE {place} ESCAPE '\'")
            }
        });
        any.collect::<Vec<_>>().join(" OR ")
    }

    fn number(&self, field: NumberField) -> String {
        let column = match field {
            NumberField::DurationUs => "r.wall_us",
            NumberField::MemoryBytes => "r.memory_peak_bytes",
            NumberField::SqlCount => "r.sql_count",
            NumberField::SqlUs => "r.sql_us",
            NumberField::LockUs => self.lock_us,
            NumberField::BlockedUs => self.blocked_us,
            NumberField::Time => "r.at_us",
            NumberField::Status => "r.status",
        };
        format!("({column})")
    }

    fn function_ids(&self, patterns: &[Pattern]) -> Answer<Vec<i64>> {
        let mut ids = Vec::new();
        for pattern in patterns {
            let sql = r"SELECT id FROM main.function WHERE name LIKE ?1 ESCAPE '\' LIMIT ?2";
            let exact = "SELECT id FROM main.function WHERE name = ?1 LIMIT ?2";
            let found: Vec<i64> = if let Some(name) = pattern.exact() {
                self.day.rows(exact, (name, 1), |row| row.get(0))?
            } else {
                let like = (pattern.like(), FUNCTIONS_MAX);
                self.day.rows(sql, like, |row| row.get(0))?
            };
            ids.extend(found);
        }
        Ok(ids)
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.first + self.values.len() - 1)
    }
}

fn column(field: TextField) -> &'static str {
    match field {
        TextField::Project => "s.project",
        TextField::Host => "s.host",
        TextField::Url => "r.url",
        TextField::Route | TextField::Method => "t.label",
        TextField::Client => "r.client",
        TextField::Reason => "r.reason",
    }
}

fn has_any(column: &str, ids: &[i64]) -> String {
    if ids.is_empty() {
        // Never true, and not so plainly that the planner would find no use for the index it is told to use.
        return "r.is_error > 1".to_owned();
    }
    let any = ids.iter().map(|id| format!("has_id({column}, {id})"));
    any.collect::<Vec<_>>().join(" OR ")
}
