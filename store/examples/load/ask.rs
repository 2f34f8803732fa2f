//! The questions that a console asks, again and again, each from a moment of its own.

use std::time::Instant;

use anyhow::ensure;
use serde_json::Value;

use crate::batches::now_us;
use crate::site::Random;

/// A question: its name, its path, and its range's length out of the whole.
const QUESTIONS: &[(&str, &str, Span)] = &[
    ("timeline week", "/v1/timeline?buckets=120", Span::Whole),
    ("timeline hour", "/v1/timeline?buckets=120", Span::Hour),
    ("slowest of a week", "/v1/requests?limit=100", Span::Whole),
    (
        "newest of a week",
        "/v1/requests?sort=-at_us&limit=100",
        Span::Whole,
    ),
    ("slowest of an hour", "/v1/requests?limit=100", Span::Hour),
    (
        "most memory of a week",
        "/v1/requests?sort=-memory&limit=100",
        Span::Whole,
    ),
    (
        "most locked of a week",
        "/v1/requests?sort=-lock_us&limit=100",
        Span::Whole,
    ),
    (
        "a route's slowest of a week",
        "/v1/requests?route=GET%20/shop/area3/page3&limit=100",
        Span::Whole,
    ),
    (
        "functions of a week",
        "/v1/functions?limit=100",
        Span::Whole,
    ),
    (
        "functions of an hour",
        "/v1/functions?limit=100",
        Span::Hour,
    ),
    (
        "functions diff",
        "/v1/functions/diff?limit=100",
        Span::Minutes,
    ),
    (
        "statements of a week",
        "/v1/statements?limit=100",
        Span::Whole,
    ),
    ("suspects", "/v1/suspects?", Span::Minutes),
    ("locks", "/v1/locks?", Span::Hour),
    ("spikes", "/v1/spikes?", Span::Whole),
    ("overview", "/v1/overview", Span::None),
    ("hosts", "/v1/hosts", Span::None),
    ("health", "/v1/health", Span::None),
    ("request", "", Span::None),
];

#[derive(Clone, Copy)]
enum Span {
    None,
    Minutes,
    Hour,
    Whole,
}

pub(crate) fn run(url: &str, token: &str, rounds: usize, whole_s: i64) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(ask_all(url, token, rounds, whole_s))
}

async fn ask_all(url: &str, token: &str, rounds: usize, whole_s: i64) -> anyhow::Result<()> {
    let http = reqwest::Client::new();
    let mut random = Random::new(77);
    let end_us = now_us();
    let mut all_ms: Vec<f64> = Vec::new();
    for (name, path, span) in QUESTIONS {
        let mut each_ms = Vec::new();
        for _ in 0..rounds {
            let span_us = 1_000_000
                * match span {
                    Span::Minutes => 600,
                    Span::Hour => 3_600,
                    _ => whole_s,
                };
            let slack_s = usize::try_from(whole_s - span_us / 1_000_000).unwrap_or(0);
            let back_us = 1_000_000 * i64::try_from(random.below(slack_s + 1)).unwrap_or(0);
            let to_us = end_us - back_us;
            let mut path = (*path).to_owned();
            if path.is_empty() {
                path = a_request(&http, url, token, to_us).await?;
            } else if !matches!(span, Span::None) {
                let mark = if path.contains('?') { "&" } else { "?" };
                path = format!(
                    "{path}{mark}from_at_us={}&to_at_us={to_us}",
                    to_us - span_us
                );
                path = path.replace("?&", "?");
            }
            let begun = Instant::now();
            get(&http, &format!("{url}{path}"), token).await?;
            each_ms.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        each_ms.sort_by(f64::total_cmp);
        let at = |percent: usize| each_ms[(each_ms.len() - 1) * percent / 100];
        println!("{name}: p50 {:.1} ms, p99 {:.1} ms", at(50), at(99));
        all_ms.extend(each_ms);
    }
    all_ms.sort_by(f64::total_cmp);
    let p99 = all_ms[(all_ms.len() - 1) * 99 / 100];
    println!("all: p99 {p99:.1} ms of {}", all_ms.len());
    Ok(())
}

/// The path of some request that is there.
async fn a_request(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    to_us: i64,
) -> anyhow::Result<String> {
    let path = format!(
        "{url}/v1/requests?sort=-at_us&limit=1&from_at_us={}&to_at_us={to_us}",
        to_us - 3_600_000_000
    );
    let page = get(http, &path, token).await?;
    let id = page["requests"][0]["correlation_id"].as_str();
    Ok(format!("/v1/requests/{}", id.unwrap_or_default()))
}

async fn get(http: &reqwest::Client, url: &str, token: &str) -> anyhow::Result<Value> {
    let answer = http.get(url).bearer_auth(token).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{url}: {status}: {text}");
    Ok(serde_json::from_str(&text)?)
}
