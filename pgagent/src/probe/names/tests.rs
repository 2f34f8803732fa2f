use super::*;

fn at(seconds: u64) -> Monotonic {
    Monotonic(Duration::from_secs(seconds))
}

#[test]
fn a_name_is_asked_for_once_until_it_is_old() {
    let mut names = Names::default();
    let shop = Named::Database(5);
    assert_eq!(names.missing([shop, shop], at(0)), [shop]);
    names.learn(&[shop], HashMap::from([(shop, "shop".to_owned())]), at(0));
    assert_eq!(names.get(shop).as_deref(), Some("shop"));
    assert_eq!(names.missing([shop], at(599)), []);
    assert_eq!(names.missing([shop], at(600)), [shop]);
}

#[test]
fn an_object_that_is_gone_is_not_asked_for_again_and_again() {
    let mut names = Names::default();
    let gone = Named::Relation(16_400);
    names.learn(&[gone], HashMap::new(), at(0));
    assert_eq!(names.get(gone), None);
    assert_eq!(names.missing([gone], at(1)), []);
}

#[test]
fn after_a_try_that_failed_nothing_is_asked_for_a_while() {
    let mut names = Names {
        retry_at: Some(at(10)),
        ..Names::default()
    };
    let role = Named::Role(10);
    assert_eq!(names.missing([role], at(9)), []);
    assert_eq!(names.missing([role], at(10)), [role]);
    names.learn(&[role], HashMap::new(), at(10));
    assert_eq!(names.missing([Named::Role(11)], at(10)), [Named::Role(11)]);
}

#[test]
fn the_cache_starts_over_when_it_is_full() {
    let mut names = Names::default();
    for oid in 0..10_000 {
        names.learn(&[Named::Relation(oid)], HashMap::new(), at(0));
        assert!(names.known.len() <= NAMES_MAX);
    }
    let many = (0..10_000).map(Named::Role);
    assert_eq!(names.missing(many, at(0)).len(), ASKED_MAX);
}
