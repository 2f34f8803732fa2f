use super::*;

fn moment(at_s: i64, waiter: i32, root: i32, query: &str) -> Moment {
    let seat = |pid, query: Option<&str>| Seat {
        pid,
        query: query.map(Into::into),
        ..Seat::default()
    };
    Moment {
        database: Arc::new(("shop".to_owned(), "db1".to_owned())),
        at_us: Instant(at_s * 1_000_000),
        weight_us: 1_000_000,
        interval_us: 1_000_000,
        waiter: seat(waiter, Some(query)),
        blocker: seat(root, None),
        root: seat(root, None),
        lock_type: None,
        mode: None,
        relation: Some("stock".into()),
    }
}

#[test]
fn an_episode_ends_when_nobody_has_waited_for_half_a_minute() {
    let moments = [
        moment(0, 2, 1, "a"),
        moment(30, 3, 1, "a"),
        moment(61, 4, 1, "a"),
    ];
    let lengths: Vec<usize> = episodes(&moments)
        .iter()
        .map(|episode| episode.moments.len())
        .collect();
    assert_eq!(lengths, [2, 1]);
}

#[test]
fn each_root_has_an_episode_of_its_own() {
    let moments = [
        moment(0, 2, 1, "a"),
        moment(0, 4, 3, "a"),
        moment(1, 2, 1, "a"),
    ];
    let episodes = episodes(&moments);
    assert_eq!(
        episodes.iter().map(|it| it.root.pid).collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(episodes[0].waited_us(), 2_000_000);
    assert_eq!(episodes[0].relation(), Some("stock"));
}

#[test]
fn the_worst_moment_is_the_first_with_the_most_waiters() {
    let moments = [
        moment(0, 2, 1, "a"),
        moment(1, 2, 1, "a"),
        moment(1, 3, 1, "a"),
        moment(2, 2, 1, "a"),
        moment(2, 3, 1, "a"),
    ];
    assert_eq!(episodes(&moments)[0].worst(), (Instant(1_000_000), 2));
}

#[test]
fn victims_with_statements_of_one_shape_are_one_group() {
    let moments = [
        moment(0, 2, 1, "UPDATE stock SET qty = 1"),
        moment(1, 2, 1, "UPDATE stock SET qty = 1"),
        moment(1, 3, 1, "update stock set qty = 2"),
        moment(1, 4, 1, "DELETE FROM stock"),
    ];
    let episodes = episodes(&moments);
    let victims = episodes[0].victims(|_| "POST /checkout".to_owned());
    let groups: Vec<(usize, i64)> = victims
        .iter()
        .map(|group| (group.sessions.len(), group.waited_us))
        .collect();
    assert_eq!(groups, [(2, 3_000_000), (1, 1_000_000)]);
}
