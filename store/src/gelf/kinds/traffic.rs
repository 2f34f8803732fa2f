//! All requests of ten seconds: the sums as fields, the routes as text.

use std::fmt::Write as _;

use wire::figure::duration;
use wire::time::Micros;
use wire::traffic::{Heavy, Traffic};

use super::{LINES_MAX, counted};
use crate::gelf::field;
use crate::gelf::level::Level;
use crate::gelf::map::Messages;

pub(in crate::gelf) fn write(messages: &mut Messages<'_>, traffic: &Traffic) {
    let sum = |of: fn(&wire::traffic::RouteTraffic) -> u64| {
        let each = traffic.routes.iter().map(of);
        each.fold(0, u64::saturating_add)
    };
    let span = |of: fn(&wire::traffic::RouteTraffic) -> Micros| {
        let each = traffic.routes.iter().map(of);
        each.fold(Micros(0), |sum, it| sum + it)
    };
    let (count, errors) = (sum(|it| it.count), sum(|it| it.errors));
    let wall_us = span(|it| it.wall_us);
    let longest_us = traffic.routes.iter().map(|it| it.longest_us).max();
    let seconds = traffic.interval_us.as_seconds();
    let mut short = format!(
        "{} in {seconds:.0} s, {}",
        counted(count, "request"),
        counted(errors, "error")
    );
    if count > 0 {
        let mean = Micros(wall_us.0 / i64::try_from(count).unwrap_or(i64::MAX));
        let longest = duration(longest_us.unwrap_or_default());
        let _ = write!(short, ", mean {}, longest {longest}", duration(mean));
    }
    let level = if errors > 0 {
        Level::Warning
    } else {
        Level::Informational
    };
    messages.record(level, &short, &full(traffic), |out| {
        out.int(field::INTERVAL_US, traffic.interval_us);
        out.int(field::COUNT, count);
        out.int(field::ERRORS, errors);
        out.int(field::CAPTURED, sum(|it| it.captured));
        out.int(field::DURATION_US, wall_us);
        out.int(field::LONGEST_US, longest_us);
        out.int(field::QUEUE_US, span(|it| it.queue_us));
        out.int(field::CPU_US, span(|it| it.cpu_us));
        out.int(field::SQL_COUNT, sum(|it| it.sql_count));
        out.int(field::SQL_US, span(|it| it.sql_us));
    });
    routes(messages, traffic);
}

fn full(traffic: &Traffic) -> String {
    let mut text = "Routes by time\n".to_owned();
    for route in traffic.routes.iter().take(LINES_MAX) {
        let took = duration(route.wall_us);
        let _ = writeln!(
            text,
            "{took:>9} {:>6}x {} {}",
            route.count, route.method, route.route
        );
    }
    heavy(&mut text, "Clients", &traffic.clients);
    heavy(&mut text, "User agents", &traffic.user_agents);
    text
}

fn heavy(text: &mut String, name: &str, values: &[Heavy]) {
    if !values.is_empty() {
        let _ = writeln!(text, "\n{name}");
    }
    for value in values.iter().take(LINES_MAX) {
        let _ = writeln!(text, "{:>6}x {}", value.count, value.value);
    }
}

/// Each route as a message of its own.
fn routes(messages: &mut Messages<'_>, traffic: &Traffic) {
    let at_us = messages.envelope().at_us;
    for route in &traffic.routes {
        if !messages.has_lists() {
            return;
        }
        let label = format!("{} {}", route.method, route.route);
        let longest = duration(route.longest_us);
        let short = format!(
            "{label}: {}, longest {longest}",
            counted(route.count, "request")
        );
        let texts = (short.as_str(), "");
        messages.member("routes", Level::Informational, at_us, texts, |out| {
            out.text(field::ROUTE, label.as_str());
            out.text(field::METHOD, route.method.as_str());
            out.int(field::INTERVAL_US, traffic.interval_us);
            out.int(field::COUNT, route.count);
            out.int(field::ERRORS, route.errors);
            out.int(field::CAPTURED, route.captured);
            out.int(field::DURATION_US, route.wall_us);
            out.int(field::LONGEST_US, route.longest_us);
            out.int(field::QUEUE_US, route.queue_us);
            out.int(field::CPU_US, route.cpu_us);
            out.int(field::SQL_COUNT, route.sql_count);
            out.int(field::SQL_US, route.sql_us);
            out.int(field::MEMORY_PEAK_BYTES, route.memory_peak_bytes);
        });
    }
}
