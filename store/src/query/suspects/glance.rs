//! What the suspects want to know of a request: as little as that, its texts where they stand.
//!
//! Hundreds of bodies are read for one answer, by threads that would wait for each other whenever they allocate.

use std::borrow::Cow;

use serde::Deserialize;
use wire::ids::CorrelationId;
use wire::profile::Profile;
use wire::time::Micros;

use crate::db::packed::Opened;

/// Of [`wire::request::Request`].
#[derive(Debug, Deserialize)]
pub(super) struct Glance<'t> {
    pub(super) correlation_id: CorrelationId,
    pub(super) wall_us: Micros,
    #[serde(default, borrow)]
    pub(super) session: Option<Text<'t>>,
    #[serde(default, borrow)]
    pub(super) sql: Option<Statements<'t>>,
    #[serde(default)]
    pub(super) profile: Option<Profile>,
}

/// Of [`wire::request::Sql`].
#[derive(Debug, Deserialize)]
pub(super) struct Statements<'t> {
    pub(super) count: u32,
    #[serde(default)]
    pub(super) omitted: u32,
    #[serde(default, borrow)]
    pub(super) queries: Vec<Query<'t>>,
    #[serde(default, borrow)]
    pub(super) repeated: Vec<Repeated<'t>>,
}

/// Of [`wire::request::Query`].
#[derive(Debug, Deserialize)]
pub(super) struct Query<'t> {
    pub(super) duration_us: Micros,
    #[serde(borrow)]
    pub(super) sql: Cow<'t, str>,
    #[serde(default, borrow)]
    pub(super) caller: Option<Text<'t>>,
}

/// Of [`wire::request::Repeated`].
#[derive(Debug, Deserialize)]
pub(super) struct Repeated<'t> {
    #[serde(borrow)]
    pub(super) sql: Cow<'t, str>,
    pub(super) count: u32,
    pub(super) total_us: Micros,
}

/// A text that is borrowed also where there may be none: serde does that for a `Cow` alone.
#[derive(Debug, Deserialize)]
pub(super) struct Text<'t>(#[serde(borrow)] pub(super) Cow<'t, str>);

// === impl Glance ===

impl<'t> Glance<'t> {
    /// Nothing if it is none: it was read when it came in, and a later version may read it otherwise.
    pub(super) fn at(opened: &'t mut Opened<'_>) -> Option<Self> {
        opened.read(|it: &mut Self| it.profile.as_mut()).ok()
    }
}

// === impl Statements ===

impl Statements<'_> {
    /// As [`wire::request::Sql::is_whole`].
    pub(super) fn are_whole(&self) -> bool {
        let listed = self.queries.len() as u64;
        let repeated = self.repeated.iter().map(|group| u64::from(group.count));
        listed + repeated.sum::<u64>() >= u64::from(self.count)
    }
}

#[cfg(test)]
mod tests {
    use wire::request::Request;

    use super::*;

    #[test]
    fn a_glance_sees_what_reading_all_of_it_does_and_copies_no_text() {
        let body = r#"{"correlation_id":"a82409f1-8d09-4979-9cd5-f2bb0329602a","url":"/","wall_us":100,
            "session":"5e55","sql":{"count":3,"total_us":9,"omitted":1,"queries":[{"start_us":1,"duration_us":7,
            "sql":"SELECT 1","caller":"Cart::total"},{"start_us":8,"duration_us":1,"sql":"SELECT \"a\""}],
            "repeated":[{"sql":"SELECT 2","count":1,"total_us":1}]},"profile":{"engine":"x","shape":"call_pairs",
            "metrics":["calls","wall_us"],"names":["main()"],"edges":[[-1,0,1,100]]}}"#;
        let whole: Request = serde_json::from_str(body).unwrap();
        let mut opened = Opened::of(body.as_bytes()).unwrap();
        let glance = Glance::at(&mut opened).unwrap();
        assert_eq!(glance.correlation_id, whole.correlation_id);
        assert_eq!(glance.wall_us, whole.wall_us);
        assert_eq!(glance.profile, whole.profile);
        let (seen, all) = (glance.sql.unwrap(), whole.sql.unwrap());
        assert_eq!((seen.count, seen.omitted), (all.count, all.omitted));
        assert_eq!(seen.are_whole(), all.is_whole());
        let texts = |sql: &[Query<'_>]| -> Vec<String> {
            sql.iter().map(|it| it.sql.to_string()).collect()
        };
        let wanted: Vec<String> = all.queries.iter().map(|it| it.sql.clone()).collect();
        assert_eq!(texts(&seen.queries), wanted);
        assert_eq!(seen.queries[0].duration_us, all.queries[0].duration_us);
        assert_eq!(seen.repeated[0].total_us, all.repeated[0].total_us);
        let is_borrowed = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(_));
        assert!(is_borrowed(&glance.session.unwrap().0));
        assert!(is_borrowed(&seen.queries[0].sql));
        assert!(is_borrowed(&seen.queries[0].caller.as_ref().unwrap().0));
        // Which can't be, where something is escaped.
        assert!(!is_borrowed(&seen.queries[1].sql));
    }
}
