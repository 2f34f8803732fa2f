use std::time::{Duration, Instant};

use super::*;

fn body(number: usize) -> Vec<u8> {
    let functions = ["Phalcon\\Mvc\\Model::find", "CartController::submitAction"];
    format!(
        r#"{{"url":"/cart/{number}","names":["{}","PDO::prepare"],"wall_us":{}}}"#,
        functions[number % 2],
        number * 7919 % 100_003
    )
    .into_bytes()
}

/// Gives bodies until they are compressed with a dictionary.
fn trained(dictionaries: &Dictionaries) -> Arc<Dictionary> {
    let patience = Instant::now() + Duration::from_secs(60);
    for number in 0.. {
        let mut bodies = Bodies::new(dictionaries.clone()).unwrap();
        if let (_, Some(dictionary)) = bodies.compress("request", &body(number), None).unwrap() {
            return dictionary;
        }
        assert!(Instant::now() < patience, "no dictionary was trained");
    }
    unreachable!("the loop ends by returning or panicking")
}

#[test]
fn bodies_that_are_alike_get_a_dictionary_and_shrink() {
    let dictionaries = Dictionaries::default();
    let dictionary = trained(&dictionaries);
    let mut bodies = Bodies::new(dictionaries.clone()).unwrap();
    let (with, named) = bodies.compress("request", &body(77), None).unwrap();
    assert_eq!(named.unwrap().id, dictionary.id);
    let (without, named) = bodies.compress("other", &body(77), None).unwrap();
    assert!(named.is_none());
    assert!(
        with.len() * 2 < without.len(),
        "{} {}",
        with.len(),
        without.len()
    );
    let id = zstd::zstd_safe::get_dict_id_from_frame(&with).unwrap();
    assert_eq!(id.get(), dictionary.id);
    let mut reader = zstd::bulk::Decompressor::with_dictionary(&dictionary.bytes).unwrap();
    assert_eq!(reader.decompress(&with, 1_000).unwrap(), body(77));
}

#[test]
fn the_first_dictionary_comes_early_and_the_next_one_when_there_is_more_to_learn_from() {
    let dictionaries = Dictionaries::default();
    let patience = Instant::now() + Duration::from_secs(120);
    let id = || dictionaries.current("request").map(|it| it.id);
    let state = |of: fn(&Kind) -> bool| of(&dictionaries.lock()["request"]);
    // Gives bodies of 4 KiB until another dictionary is in use, and says how many there were before it was trained.
    let given_until_other_than = |before: Option<u32>| {
        let mut given = 0;
        for number in 0.. {
            let text = body(number).repeat(40);
            dictionaries.sample("request", &text);
            if !state(|kind| kind.is_training) {
                given += 1;
                if id() != before {
                    return given;
                }
            }
            assert!(Instant::now() < patience, "no dictionary was trained");
        }
        unreachable!("the loop ends by returning or panicking")
    };
    let few = given_until_other_than(None);
    assert!(state(|kind| kind.is_first && kind.is_due));
    let many = given_until_other_than(id());
    assert!(state(|kind| !kind.is_first && !kind.is_due));
    assert!(many > 16 * few, "{few} and then {many}");
}

#[test]
fn kinds_without_end_do_not_grow_without_end() {
    let dictionaries = Dictionaries::default();
    let mut bodies = Bodies::new(dictionaries.clone()).unwrap();
    for number in 0..limits::DICTIONARIES_MAX * 2 {
        bodies
            .compress(&format!("kind{number}"), b"{}", None)
            .unwrap();
    }
    assert_eq!(dictionaries.lock().len(), limits::DICTIONARIES_MAX);
}

#[test]
fn what_is_no_dictionary_is_not_taken_for_one() {
    assert!(Dictionary::new("request", b"no dictionary".to_vec()).is_none());
}
