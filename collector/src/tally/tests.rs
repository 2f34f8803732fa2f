use wire::time::Instant;

use super::*;

fn stat(project: &str, route: &str, status: u16, wall_us: i64) -> Stat {
    Stat {
        project: Project::try_new(project).unwrap(),
        at_us: Instant(1),
        body: Numbers {
            method: "GET".to_owned(),
            route: route.to_owned(),
            status: Some(status),
            wall_us: Micros(wall_us),
            cpu_us: Some(Micros(10)),
            sql_count: 2,
            sql_us: Micros(5),
            client: Some("192.0.2.7".to_owned()),
            captured: status >= 500,
            ..Numbers::default()
        },
    }
}

#[test]
fn requests_are_added_up_by_route_with_the_heaviest_first() {
    let mut tally = Tally::default();
    for (route, status, wall_us) in [("/a", 200, 10), ("/b", 503, 700), ("/a", 404, 30)] {
        assert!(tally.add(stat("shop", route, status, wall_us)));
    }
    let taken = tally.take(Micros(10_000_000));
    let [(project, traffic)] = taken.as_slice() else {
        panic!("one project, not {taken:?}");
    };
    assert_eq!(project.as_str(), "shop");
    let [b, a] = traffic.routes.as_slice() else {
        panic!("two routes, not {traffic:?}");
    };
    assert_eq!(
        (b.route.as_str(), b.count, b.errors, b.captured),
        ("/b", 1, 1, 1)
    );
    assert_eq!(
        (a.route.as_str(), a.count, a.errors, a.captured),
        ("/a", 2, 0, 0)
    );
    assert_eq!((a.wall_us, a.longest_us), (Micros(40), Micros(30)));
    assert_eq!(
        (a.cpu_us, a.sql_count, a.sql_us),
        (Micros(20), 4, Micros(10))
    );
    assert_eq!(a.wall.quantile(1.0), Some(30));
    assert_eq!(traffic.clients[0].count, 3);
    assert_eq!(traffic.user_agents, []);
    assert!(tally.take(Micros(1)).is_empty());
}

#[test]
fn whatever_comes_the_sums_are_exact_and_the_lists_bounded() {
    let mut tally = Tally::default();
    for number in 0..20_000 {
        let mut one = stat("shop", &format!("/{number}"), 200, 3);
        one.body.client = Some(format!("{number}"));
        assert!(tally.add(one));
    }
    let traffic = &tally.take(Micros(1))[0].1;
    assert_eq!(traffic.routes.len(), ROUTES_MAX + 1);
    assert_eq!(traffic.routes[0].route, OTHER);
    assert_eq!(
        traffic.routes.iter().map(|route| route.count).sum::<u64>(),
        20_000
    );
    assert!(serde_json::to_vec(traffic).unwrap().len() < 200_000);
}

#[test]
fn one_project_too_many_is_refused_and_harms_no_other() {
    let mut tally = Tally::default();
    for number in 0..PROJECTS_MAX {
        assert!(tally.add(stat(&format!("p{number}"), "/", 200, 1)));
    }
    assert!(!tally.add(stat("more", "/", 200, 1)));
    assert!(tally.add(stat("p0", "/", 200, 1)));
    assert_eq!(tally.take(Micros(1)).len(), PROJECTS_MAX);
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let mut tally = Tally::default();
    for wall_us in [i64::MAX, i64::MAX, i64::MIN] {
        let mut one = stat("shop", "/", 200, wall_us);
        one.body.sql_count = u64::MAX;
        tally.add(one);
    }
    assert_eq!(tally.take(Micros(1))[0].1.routes[0].count, 3);
}
