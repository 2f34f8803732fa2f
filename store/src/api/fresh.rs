//! Says "not modified" without asking the database, where nothing can have changed.
//!
//! An answer about a fixed time, or about one thing by its id, depends on nothing but what is stored. So
//! its tag names the process, its commits, its changes to spikes and the files that there are: while these
//! stand still, a console that asks again is answered without a look into any of them.

use axum::extract::{Request, State};
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Api;

pub(super) async fn check(State(api): State<Api>, request: Request, next: Next) -> Response {
    if !is_fixed(request.uri()) {
        return next.run(request).await;
    }
    // Before the answer is made: what is committed meanwhile has the next tag.
    let Some(tag) = tag(&api) else {
        return next.run(request).await;
    };
    let known = request.headers().get_all(IF_NONE_MATCH).iter();
    let is_known = known
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|given| given.trim() == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        next.run(request).await
    };
    let is_good = matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED);
    if let Some(value) = HeaderValue::from_str(&tag).ok().filter(|_| is_good) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

/// Weak: two answers of one tag say the same, to the letter or not. None if the folder can't be listed.
fn tag(api: &Api) -> Option<String> {
    let (commits, spikes) = (api.news.stored().commits, api.meta.spikes_version());
    let files = api.files.generation().ok()?;
    Some(format!(
        "W/\"{:x}-{files:x}-{commits}-{spikes}\"",
        api.process
    ))
}

/// Whether the answer does not depend on when it is asked for.
fn is_fixed(uri: &Uri) -> bool {
    let path = uri.path();
    if path.starts_with("/v1/requests/") || path.starts_with("/v1/spikes/") {
        return true;
    }
    let is_moment = |name: &str| {
        let mut pairs = uri.query().unwrap_or_default().split('&');
        let value = pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value
            .is_some_and(|value| value.len() > 6 && value.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_moment("from_at_us") && is_moment("to_at_us") && !uri.query().is_some_and(is_relative)
}

/// A filter can be about "the last hour".
fn is_relative(query: &str) -> bool {
    query.contains("filter=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_depend_on_the_time_has_a_tag() {
        let fixed = |uri: &str| is_fixed(&uri.parse().unwrap());
        let range = "from_at_us=1763941500000000&to_at_us=1763941600000000";
        assert!(fixed(&format!("/v1/requests?{range}")));
        assert!(fixed("/v1/spikes/3"));
        assert!(!fixed("/v1/requests?from_at_us=-1h"));
        assert!(!fixed("/v1/requests?from_at_us=-1h&to_at_us=now"));
        assert!(!fixed(&format!("/v1/requests?{range}&filter=time%3E-1h")));
        assert!(!fixed("/v1/overview"));
    }
}
