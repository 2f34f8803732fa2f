use super::*;

#[test]
fn targets_are_sockets_or_ports_with_a_path() {
    for good in [
        "/run/php/www.sock:/status",
        "/run/php/a:b.sock:/fpm/status",
        "127.0.0.1:9000:/status",
        "[::1]:9000:/status",
        "php.internal:9000:/status",
    ] {
        assert!(Target::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "/run/php/www.sock",
        "9000:/status",
        "host:/status",
        "host:0:/s",
        "a:b:c:/s?x=1",
    ] {
        assert!(
            Target::parse(bad).unwrap_err().contains("are allowed"),
            "{bad}"
        );
    }
}

#[test]
fn a_status_page_becomes_a_pool_with_the_oldest_requests_first() {
    let worker = |pid: u64, state: &str, uri: &str, age_us: i64| {
        format!(
            r#"{{"pid":{pid},"state":"{state}","start time":1,"start since":9,"requests":5,"request duration":{age_us},"request method":"GET","request uri":"{uri}","content length":3,"user":"-","script":"/var/www/index.php","last request cpu":0.00,"last request memory":0}}"#
        )
    };
    let workers = [
        worker(1, "Running", "/a?_url=/cart/7&token=s3cret&s3cret", 100),
        worker(2, "Idle", "/b", 9_000_000),
        worker(3, "Running", "/status?json&full", 50),
        worker(4, "Running", "/c", 7_000_000),
        worker(5, "Reading headers", "", 3),
    ];
    let page = format!(
        r#"{{"pool":"www","process manager":"static","start time":1764176400,"start since":42,"accepted conn":17,"listen queue":3,"max listen queue":4,"listen queue len":511,"idle processes":1,"active processes":4,"total processes":5,"max active processes":5,"max children reached":2,"slow requests":6,"from the future":true,"processes":[{}]}}"#,
        workers.join(",")
    );
    let pool = Page::parse(page.as_bytes()).unwrap().pool("/status");
    assert_eq!(
        (
            pool.pool.as_str(),
            pool.listen_queue,
            pool.children_max_reached
        ),
        ("www", Some(3), 2)
    );
    assert_eq!(pool.uptime_us, Micros::from_seconds(42));
    let told: Vec<(u64, &str, i64)> = pool
        .requests
        .iter()
        .map(|request| (request.pid, request.uri.as_str(), request.age_us.0))
        .collect();
    assert_eq!(
        told,
        [
            (4, "/c", 7_000_000),
            (1, "/a?_url=/cart/7&token=[redacted]&[redacted]", 100),
            (5, "", 3)
        ]
    );
}

#[test]
fn a_pool_of_thousands_is_listed_in_part_and_counted_in_whole() {
    let workers: Vec<Worker> = (0..500)
        .map(|pid| Worker {
            pid,
            state: "Running".to_owned(),
            age_us: i64::try_from(pid).unwrap(),
            ..Worker::default()
        })
        .collect();
    let page = Page {
        processes: workers,
        ..Page::default()
    };
    let pool = page.pool("/status");
    assert_eq!(
        (pool.requests.len(), pool.requests_more),
        (REQUESTS_MAX, 400)
    );
    assert_eq!(pool.requests[0].pid, 499);
}

#[test]
fn bytes_that_are_no_text_hide_no_pool() {
    let page = b"{\"pool\":\"w\xff\"}";
    assert_eq!(Page::parse(page).unwrap().pool, "w\u{fffd}");
    assert!(Page::parse(b"<html>").is_err());
}

#[test]
fn quotes_that_clients_send_hide_no_pool() {
    // PHP 7.4 writes what came, as it came.
    let page = r#"{"pool":"www","processes":[{"pid":1,"state":"Running","request duration":5,"request method":"GET","request uri":"/a?x="y\","content length":0,"user":"-","script":"/var/www/"odd".php","last request cpu":0.00,"last request memory":0},{"pid":2,"state":"Running","request duration":9,"request method":"GET","request uri":"/b","content length":0,"user":"-","script":"/b.php","last request cpu":0.00,"last request memory":0}]}"#;
    let pool = Page::parse(page.as_bytes()).unwrap().pool("/status");
    let told: Vec<(u64, &str, &str)> = pool
        .requests
        .iter()
        .map(|request| (request.pid, request.uri.as_str(), request.script.as_str()))
        .collect();
    let expected = [
        (2, "/b", "/b.php"),
        (1, "/a?x=[redacted]", "/var/www/\"odd\".php"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_request_that_fpm_says_began_later_than_now_has_just_begun() {
    let page = |age: &str| {
        format!(
            r#"{{"pool":"www","processes":[{{"pid":1,"state":"Running","request duration":{age}}}]}}"#
        )
    };
    // As PHP 7.4 writes 44178 us below zero.
    for (age, expected) in [("18446744073709507438", 0), ("-3", 0), ("44178", 44_178)] {
        let pool = Page::parse(page(age).as_bytes()).unwrap().pool("/status");
        assert_eq!(pool.requests[0].age_us, Micros(expected), "{age}");
    }
    assert!(Page::parse(page("\"soon\"").as_bytes()).is_err());
}

#[test]
fn a_socket_s_queue_is_unknown_and_a_port_s_is_told() {
    let page =
        || Page::parse(br#"{"pool":"www","listen queue":3,"listen queue len":511}"#).unwrap();
    let of = |target: &str| Target::parse(target).unwrap().pool(page());
    let port = of("127.0.0.1:9000:/status");
    assert_eq!(
        (port.listen_queue, port.listen_queue_max),
        (Some(3), Some(511))
    );
    let socket = of("/run/www.sock:/status");
    assert_eq!((socket.listen_queue, socket.listen_queue_max), (None, None));
}
