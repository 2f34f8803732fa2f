//! A record's line without the edges of its function profile.
//!
//! They are half of the line and nothing but numbers, so a line that comes in is not parsed with them in it: they are
//! read once, as a table, which is put where the request and the packed body want it.

use wire::profile::Edges;
use wire::request::Request;

use super::{ROWS_MIN, Rows, STAND_IN, place_of, table};

const KEY: &[u8] = b"\"edges\":[[";

/// A line with a stand-in where the edges were, and the edges.
pub(crate) struct Cut {
    pub(crate) line: Vec<u8>,
    pub(crate) edges: Rows,
}

/// What stands in the place of the edges, and nowhere else in the line.
pub(super) fn stand_in() -> String {
    format!("[[{STAND_IN},0]]")
}

// === impl Cut ===

impl Cut {
    /// Nothing if there are none, or they are not written as they would be written back.
    pub(crate) fn of(line: &[u8]) -> Option<Self> {
        let at = memchr::memmem::find(line, KEY)?;
        // Behind a backslash it is some string's text.
        if at.checked_sub(1).map(|before| line[before]) == Some(b'\\') {
            return None;
        }
        let table = table(line, at + KEY.len() - 2)?;
        let stand_in = stand_in();
        let (head, tail) = (&line[..table.begin], &line[table.end..]);
        let is_there = |part| memchr::memmem::find(part, stand_in.as_bytes()).is_some();
        if table.rows.count() < ROWS_MIN || is_there(head) || is_there(tail) {
            return None;
        }
        Some(Self {
            line: [head, stand_in.as_bytes(), tail].concat(),
            edges: table.rows,
        })
    }
}

impl Rows {
    /// Puts the edges into the request that was read without them.
    pub(crate) fn put_into(self, request: &mut Request) {
        if let Some(profile) = &mut request.profile
            && place_of(&profile.edges) == Some(0)
        {
            profile.edges = Edges::of_table(self.values, self.columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::record::{Body, Record};

    use super::super::pack;
    use super::*;

    fn line(body: &serde_json::Value) -> String {
        json!({"v": 1, "kind": "request", "event_id": "019a2f6e-0000-7000-8000-000000000001",
            "project": "shop", "host": "web1", "at_us": 1_763_892_202_000_000_i64, "body": body})
        .to_string()
    }

    fn request(edges: usize, url: &str) -> serde_json::Value {
        let edges: Vec<[i64; 4]> = (0_i64..)
            .take(edges)
            .map(|it| [it / 2 - 1, it, 3, it * 17])
            .collect();
        json!({"correlation_id": "6fd07b7e-3e5f-4a3c-9a0b-2f7c5e1d0a11", "url": url, "wall_us": 9,
            "before": vec![[7, 7]; 20],
            "profile": {"shape": "call_pairs", "metrics": ["calls", "wall_us"], "names": ["main()"],
                "edges": edges, "stacks": vec![[1, 2]; 30]}})
    }

    #[test]
    fn a_line_is_read_and_packed_as_if_nothing_had_been_cut_out() {
        let whole = line(&request(300, "/cart"));
        let record = Record::try_from_line(whole.as_bytes()).unwrap();
        let cut = Cut::of(whole.as_bytes()).expect("it has edges");
        assert!(cut.line.len() * 2 < whole.len(), "{}", cut.line.len());
        let short = Record::try_from_line(&cut.line).unwrap();
        let packed = pack(short.body_text().as_bytes(), Some(&cut.edges));
        assert_eq!(packed, pack(record.body_text().as_bytes(), None));
        let (Body::Request(wanted), Body::Request(mut read)) =
            (record.body().unwrap(), short.body().unwrap())
        else {
            panic!("a request");
        };
        assert_ne!(read, wanted);
        cut.edges.put_into(&mut read);
        assert_eq!(read, wanted);
    }

    #[test]
    fn a_line_in_which_it_would_not_be_sure_what_was_cut_stays_whole() {
        let of = |body: &serde_json::Value| Cut::of(line(body).as_bytes()).is_some();
        assert!(of(&request(20, "/")));
        assert!(!of(&request(3, "/")), "too few to be worth it");
        assert!(!of(&json!({"url": "/"})));
        let rows = format!("{:?}", vec![[1, 2]; 20]).replace(' ', "");
        // In a string, and a stand-in that was there before.
        assert!(!of(&json!({"url": format!("\"edges\":{rows}")})));
        assert!(!of(&request(20, &stand_in())));
        assert!(!of(
            &json!({"x": {"edges": vec![[1, 2]; 20]}, "y": [[STAND_IN, 0]]})
        ));
        let spaced = line(&request(20, "/")).replace("\"edges\":[[", "\"edges\": [[");
        assert!(Cut::of(spaced.as_bytes()).is_none());
    }
}
