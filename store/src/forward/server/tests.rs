use std::path::Path;

use daemon::clock::{Clock, Hands};
use daemon::settings::Reader;
use wire::time::Instant;

use super::*;
use crate::settings::Store;

fn servers() -> (Servers, Clock, Hands) {
    let text = "[graylog]\nservers = \"tcp://a:1, tcp://b:1\"\nbreaker_failures = 2\n\
                breaker_reset = 10s\nbackoff_max = 1s\n";
    let settings = Store::read(&mut Reader::from_text(Path::new("settings.ini"), text));
    let (clock, hands) = Clock::manual(Instant(0));
    (Servers::new(&settings.graylog), clock, hands)
}

fn fail(servers: &mut Servers, index: usize, clock: &Clock) {
    servers.begin(index, clock.monotonic());
    servers.failed(index, &SendError::HungUp, clock.monotonic());
}

#[test]
fn the_next_one_takes_over_and_gives_back() {
    let (mut servers, clock, hands) = servers();
    assert_eq!(servers.pick(clock.monotonic()), Ok(0));
    for _ in 0..2 {
        hands.advance(Duration::from_secs(2));
        fail(&mut servers, 0, &clock);
    }
    assert_eq!(servers.pick(clock.monotonic()), Ok(1));
    assert!(servers.is_any_open() && !servers.is_down());
    hands.advance(Duration::from_secs(10));
    assert_eq!(
        servers.pick(clock.monotonic()),
        Ok(0),
        "the preferred one's trial"
    );
    servers.begin(0, clock.monotonic());
    assert_eq!(
        servers.pick(clock.monotonic()),
        Ok(1),
        "one trial at a time"
    );
    servers.succeeded(0, None, clock.monotonic());
    assert_eq!(servers.pick(clock.monotonic()), Ok(0));
    assert_eq!(servers.last_error(), None);
}

#[test]
fn with_all_of_them_down_the_wait_is_to_the_first_trial() {
    let (mut servers, clock, hands) = servers();
    for index in [0, 0, 1, 1] {
        hands.advance(Duration::from_secs(2));
        fail(&mut servers, index, &clock);
    }
    assert!(servers.is_down());
    // The first was opened four seconds before.
    assert_eq!(servers.pick(clock.monotonic()), Err(Duration::from_secs(6)));
    assert_eq!(
        servers.told()[0].last_error.as_deref(),
        Some("the server hung up on it")
    );
}
