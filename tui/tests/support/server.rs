//! A server that answers like a store with the fixture's data, on a port of its own.
//!
//! For seeing the console before there is a store with data, and for what a real store can't be
//! made to do at will: refuse the token, answer nonsense, never answer. One thread per connection
//! and one request per connection; good for a test, no more.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use wire::batch::Problem;
use wire::time::{Instant, Range};

use super::fixture;

/// What the server is asked to do to its clients.
#[allow(dead_code)] // The example is always good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    /// 401 whatever the token.
    Refusing,
    /// 200 with a body that is no answer.
    Raving,
}

/// Starts the server and returns its URL. It ends with the process.
pub(crate) fn start(listener: TcpListener, mood: Mood) -> String {
    let url = format!("http://{}", listener.local_addr().expect("a bound socket"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, mood));
        }
    });
    url
}

fn answer(mut stream: TcpStream, mood: Mood) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    for line in lines {
        if line.ok()?.is_empty() {
            break;
        }
    }
    let target = request.split(' ').nth(1)?;
    let (status, body) = match mood {
        Mood::Good => respond(target),
        Mood::Refusing => {
            let problem = Problem::new(401, "Unauthorized", "the token is not a read token");
            (401, json(&problem))
        }
        Mood::Raving => (200, "<html>It works!</html>".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}

fn respond(target: &str) -> (u16, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.replace("%2F", "/").replace('+', " "))
    };
    let instant = |name: &str| {
        parameter(name)
            .and_then(|value| value.parse().ok())
            .map_or(fixture::NOW, Instant)
    };
    let range = Range {
        from_at_us: instant("from_at_us"),
        to_at_us: instant("to_at_us"),
    };
    let body = match path {
        "/v1/overview" => json(&fixture::overview()),
        "/v1/projects" => json(&fixture::projects()),
        "/v1/timeline" => json(&fixture::timeline(range)),
        "/v1/spikes" => json(&fixture::spikes()),
        "/v1/suspects" => json(&fixture::suspects()),
        "/v1/hosts" => json(&fixture::hosts()),
        "/v1/logs" => json(&fixture::logs()),
        "/v1/health" => json(&fixture::health()),
        "/v1/locks/tree" => {
            let at_us = parameter("at_us").and_then(|it| it.parse().ok());
            json(&fixture::lock_tree(range, at_us.map(Instant)))
        }
        "/v1/locks" => json(&fixture::locks()),
        "/v1/functions/graph" => json(&fixture::function_graph(range)),
        "/v1/statement" => {
            let fingerprint = parameter("fingerprint").and_then(|it| it.parse().ok());
            let fingerprint = fingerprint.unwrap_or_else(|| wire::sql::fingerprint(""));
            json(&fixture::statement_detail(range, fingerprint))
        }
        "/v1/statements" => json(&fixture::statements(range)),
        "/v1/requests" => {
            let sort = parameter("sort").unwrap_or_default();
            json(&fixture::requests(&sort, parameter("route").as_deref()))
        }
        _ if path.starts_with("/v1/spikes/") => {
            let spikes = fixture::spikes().spikes;
            let found = spikes
                .iter()
                .find(|it| path == format!("/v1/spikes/{}", it.id));
            match found {
                Some(spike) => json(spike),
                None => return (404, json(&Problem::new(404, "Not Found", "no such spike"))),
            }
        }
        _ => {
            let path = path.strip_prefix("/v1/requests/");
            if let Some(id) = path.and_then(|it| it.strip_suffix("/comparison")) {
                let id = id.parse().ok().map(wire::ids::CorrelationId);
                return match id.and_then(fixture::comparison) {
                    Some(comparison) => (200, json(&comparison)),
                    None => (
                        404,
                        json(&Problem::new(404, "Not Found", "no such request")),
                    ),
                };
            }
            let id = path.and_then(|id| id.parse().ok());
            match id.and_then(|id| fixture::request_detail(wire::ids::CorrelationId(id))) {
                Some(detail) => json(&detail),
                None => {
                    return (
                        404,
                        json(&Problem::new(404, "Not Found", "no such request")),
                    );
                }
            }
        }
    };
    (200, body)
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data")
}
