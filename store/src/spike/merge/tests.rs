use super::*;

fn seen(measure: Measure, begin_s: i64, end_s: Option<i64>) -> Seen {
    Seen {
        measure,
        project: Project::try_new("shop").unwrap(),
        host: Some(Host::try_new("db1").unwrap()),
        begin_at_us: Instant(begin_s * 1_000_000),
        peak_at_us: Instant(begin_s * 1_000_000),
        end_at_us: end_s.map(|end| Instant(end * 1_000_000)),
        peak: 41.0,
        baseline: 2.0,
        cores: Some(4),
    }
}

fn spike(id: i64, begin_s: i64, end_s: Option<i64>) -> Spike {
    Spike {
        id: SpikeId(id),
        project: Some(Project::try_new("shop").unwrap()),
        host: None,
        measure: Measure::Sessions,
        begin_at_us: Instant(begin_s * 1_000_000),
        peak_at_us: Instant(begin_s * 1_000_000),
        end_at_us: end_s.map(|end| Instant(end * 1_000_000)),
        peak: 41.0,
        baseline: 2.0,
        wait_class: None,
        reason: String::new(),
    }
}

fn seconds(from: i64, to: i64) -> Range {
    Range {
        from_at_us: Instant(from * 1_000_000),
        to_at_us: Instant(to * 1_000_000),
    }
}

#[test]
fn rises_that_overlap_are_one_spike_told_by_its_sessions() {
    let groups = groups(vec![
        seen(Measure::Load, 110, Some(200)),
        seen(Measure::Sessions, 100, Some(150)),
        seen(Measure::Requests, 95, Some(155)),
        seen(Measure::Load, 400, Some(450)),
    ]);
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0].lead().measure, Measure::Sessions);
    assert_eq!(
        groups[0].range(),
        (Instant(100_000_000), Some(Instant(150_000_000)))
    );
}

#[test]
fn a_load_average_that_falls_slowly_makes_no_spike_of_two() {
    let groups = groups(vec![
        seen(Measure::Load, 110, Some(330)),
        seen(Measure::Sessions, 100, Some(150)),
        seen(Measure::Sessions, 250, Some(300)),
    ]);
    let ranges: Vec<_> = groups.iter().map(|it| it.range().0.0 / 1_000_000).collect();
    assert_eq!(ranges, [100, 250]);
    assert!(
        groups.iter().all(|it| it.0.len() == 2),
        "both tell of the load"
    );
}

#[test]
fn what_fails_while_a_load_average_falls_is_a_spike_of_its_own() {
    let groups = groups(vec![
        seen(Measure::Sessions, 100, Some(150)),
        seen(Measure::Load, 110, Some(330)),
        seen(Measure::Errors, 220, Some(250)),
    ]);
    let leads: Vec<_> = groups.iter().map(|it| it.lead().measure).collect();
    assert_eq!(leads, [Measure::Sessions, Measure::Errors]);
}

#[test]
fn rises_of_two_projects_are_two_spikes() {
    let other = Seen {
        project: Project::try_new("blog").unwrap(),
        ..seen(Measure::Load, 100, None)
    };
    assert_eq!(groups(vec![seen(Measure::Load, 100, None), other]).len(), 2);
}

#[test]
fn a_reason_tells_figures() {
    let group = Group(vec![
        seen(Measure::Sessions, 0, None),
        seen(Measure::Load, 0, None),
    ]);
    assert_eq!(
        group.reason(Some(("lock", 38.2))),
        "41 sessions active in the database, 20 times the median of 2.0, 38 of them waiting for \
         locks; load 41.0 on db1 with 4 cores, 20 times the median of 2.0"
    );
    let quiet = Group(vec![Seen {
        baseline: 0.0,
        ..seen(Measure::Requests, 0, None)
    }]);
    assert_eq!(
        quiet.reason(None),
        "41 captured requests in flight, where 0.0 are usual"
    );
}

#[test]
fn a_spike_that_is_found_again_keeps_its_number() {
    let stored = [spike(3, 100, None)];
    let changes = reconcile(vec![spike(0, 100, Some(180))], &stored, seconds(90, 200));
    assert_eq!(
        changes,
        Changes {
            changed: vec![spike(3, 100, Some(180))],
            ..Changes::default()
        }
    );
}

#[test]
fn two_spikes_that_late_data_joins_become_the_first() {
    let stored = [spike(3, 100, Some(120)), spike(4, 170, Some(200))];
    let changes = reconcile(vec![spike(0, 100, Some(200))], &stored, seconds(90, 210));
    assert_eq!(changes.changed, [spike(3, 100, Some(200))]);
    assert_eq!(changes.gone, [SpikeId(4)]);
}

#[test]
fn what_lies_outside_of_the_settled_range_stands() {
    let stored = [spike(1, 100, Some(150)), spike(2, 900, Some(950))];
    let changes = reconcile(vec![spike(0, 300, Some(350))], &stored, seconds(800, 1_000));
    assert_eq!(
        changes,
        Changes {
            gone: vec![SpikeId(2)],
            ..Changes::default()
        }
    );
}

#[test]
fn pressure_joins_what_it_comes_with_and_says_what_it_is() {
    let pressure = || Seen {
        peak: 43.0,
        baseline: 0.5,
        ..seen(Measure::Pressure, 140, Some(400))
    };
    let joined = groups(vec![pressure(), seen(Measure::Sessions, 100, Some(150))]);
    assert_eq!(joined.len(), 1);
    assert_eq!(joined[0].lead().measure, Measure::Sessions);
    let alone = groups(vec![pressure()]);
    assert_eq!(
        alone[0].reason(None),
        "all of db1 stalled for want of memory or disk in 43 % of the time, 86 times the median of 0.5"
    );
}
