//! How the store is, and what the agents last said of themselves.

use std::collections::BTreeMap;

use wire::agent::AgentHealth;
use wire::query::{AgentSeen, Forwarding, Health};
use wire::time::{Instant, Micros};

use super::{Answer, Ask, host, project};
use crate::tally::Tally;

pub(crate) fn ask(
    ask: &Ask,
    tally: &Tally,
    uptime_us: Micros,
    forwarding: Option<Forwarding>,
) -> Answer<Health> {
    let mut records: BTreeMap<String, u64> = BTreeMap::new();
    let mut agents: BTreeMap<(String, String, String), AgentSeen> = BTreeMap::new();
    let days = ask.reader.days()?;
    let days_unread = ask.reader.files().days()?.len().saturating_sub(days.len());
    for day in days {
        day.each("SELECT name, records FROM kind", [], |row| {
            *records.entry(row.get(0)?).or_default() += row.get::<_, u64>(1)?;
            Ok(true)
        })?;
        // Consoles ask every ten seconds: the newest are found in the index, and only theirs is read.
        let newest = "SELECT newest.project, newest.host, newest.agent, newest.at_us, body.zstd
                      FROM (SELECT project, host, agent, max(at_us) AS at_us, record_id
                            FROM agent_health GROUP BY project, host, agent) AS newest
                      JOIN body ON body.record_id = newest.record_id";
        let rows = day.rows(newest, [], |row| {
            let key: (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let body: Vec<u8> = row.get(4)?;
            Ok((
                key,
                project(row.get(0)?)?,
                host(row.get(1)?)?,
                Instant(row.get(3)?),
                body,
            ))
        })?;
        for (key, project, host, at_us, body) in rows {
            let text = day.body_text(&body)?;
            // It was read when it came in; an older version of it may still fail.
            let Ok(health) = serde_json::from_str::<AgentHealth>(&text) else {
                continue;
            };
            if agents.get(&key).is_none_or(|seen| seen.at_us <= at_us) {
                agents.insert(
                    key,
                    AgentSeen {
                        project,
                        host,
                        at_us,
                        health,
                    },
                );
            }
        }
    }
    Ok(Health {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_us,
        records_stored: tally.stored.get(),
        records_known: tally.known.get(),
        records_put_aside: tally.put_aside.get(),
        records,
        database_bytes: ask.reader.files().bytes()?,
        days_unread: u64::try_from(days_unread).unwrap_or(u64::MAX),
        forwarding,
        agents: agents.into_values().collect(),
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::calendar::Day;
    use crate::query::bench::{Bench, NOON};

    #[test]
    fn days_that_are_not_yet_brought_up_are_told() {
        let mut bench = Bench::new();
        bench.store(Day::of(NOON), &[]);
        let old = bench.files.path_of(Day::of(NOON).plus(-1));
        let old = Connection::open(old).unwrap();
        old.execute_batch("PRAGMA user_version = 2;").unwrap();
        let tally = Tally::new(&daemon::counters::Counters::default());
        let health = ask(&bench.ask(), &tally, Micros(0), None).unwrap();
        assert_eq!(health.days_unread, 1);
    }
}
