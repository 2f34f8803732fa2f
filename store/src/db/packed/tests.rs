use proptest::prelude::*;

use super::*;

fn round_trip(text: &[u8]) -> Option<usize> {
    let packed = pack(text, None);
    let size = packed.as_ref().map(Vec::len);
    let back = unpack(packed.unwrap_or_else(|| text.to_vec())).unwrap();
    assert_eq!(back, text);
    size
}

#[test]
fn edges_are_cut_out_and_come_back() {
    let edges: Vec<[i64; 4]> = (0..300)
        .map(|it| [it / 2, it, 3, it * 7919 % 90_001])
        .collect();
    let body =
        serde_json::json!({"url": "/cart?[[1,2]]", "profile": {"edges": edges}, "x": [[1, 2]]});
    let text = body.to_string();
    let size = round_trip(text.as_bytes()).unwrap();
    assert!(size * 2 < text.len(), "{size} of {}", text.len());
}

#[test]
fn a_request_is_read_as_from_its_text() {
    let edges: Vec<[i64; 4]> = (0..300).map(|it| [it / 2 - 1, it, 3, it * 17]).collect();
    let few = [[-1, 0, 1, 5]];
    for edges in [&edges[..], &few[..]] {
        let body = serde_json::json!({
            "correlation_id": "6fd07b7e-3e5f-4a3c-9a0b-2f7c5e1d0a11", "url": "/cart", "wall_us": 9,
            "unknown": {"edges": vec![[7, 7]; 20]},
            "profile": {"shape": "call_pairs", "metrics": ["calls", "wall_us"], "names": ["main()"],
                "edges": edges, "stacks": vec![[1, 2]; 30]},
        });
        let text = body.to_string();
        let packed = pack(text.as_bytes(), None).expect("it has tables");
        let wanted: Request = serde_json::from_str(&text).unwrap();
        assert_eq!(request(&packed).unwrap().unwrap(), wanted);
        assert_eq!(request(text.as_bytes()).unwrap().unwrap(), wanted);
    }
    assert!(request(b"{}").unwrap().is_err());
    assert!(request(&[MARK, 9]).is_none());
}

#[test]
fn what_is_written_otherwise_stays_as_it_is() {
    let rows = |row: &str| format!("[{}]", vec![row; 20].join(","));
    for row in [
        "[1, 2]",
        "[01]",
        "[-0]",
        "[1.5]",
        "[]",
        "[99999999999999999999]",
        "[\"1\"]",
    ] {
        assert_eq!(round_trip(rows(row).as_bytes()), None, "{row}");
    }
    for row in [
        "[0]",
        "[-1,0,9223372036854775807]",
        "[-9223372036854775808]",
    ] {
        assert!(round_trip(rows(row).as_bytes()).is_some(), "{row}");
    }
    let uneven = format!("[{},[1,2,3]]", vec!["[1,2]"; 20].join(","));
    assert_eq!(round_trip(uneven.as_bytes()), None);
}

proptest! {
    #[test]
    fn any_text_comes_back(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("[[".to_owned()), Just("]]".to_owned()), Just("],[".to_owned()),
                Just(",".to_owned()), Just("[1,2],".repeat(9)), any::<i64>().prop_map(|it| it.to_string()),
                "\\PC{0,4}",
            ],
            0..40,
        )
    ) {
        round_trip(pieces.concat().as_bytes());
    }

    #[test]
    fn any_table_comes_back(rows in prop::collection::vec(any::<[i64; 4]>(), 0..60)) {
        round_trip(serde_json::to_string(&rows).unwrap().as_bytes());
    }

    #[test]
    fn damage_is_told_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut packed = vec![MARK];
        packed.extend(bytes);
        let _ = request(&packed);
        let _ = unpack(packed);
    }
}
