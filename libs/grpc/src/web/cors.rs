//! Which web pages may call.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Uri, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{AFTER_KEY, ON_BEHALF_OF_KEY, TENANT_KEY, TRACE_KEY, WRITTEN_KEY};

/// How long a browser keeps what it was allowed; none keeps it longer.
const KEPT: Duration = Duration::from_hours(2);
/// Every page.
const ANY: &str = "*";

/// Which web pages may call from a browser (CORS).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CorsConfig {
    /// The origins whose pages may call, for example `https://app.example.com`; `*` for all, empty for none. Callers without a browser need none
    pub allowed_origins: Vec<String>,
}

impl CorsConfig {
    /// Everything that is wrong with it, each with the name of the setting.
    pub fn problems(&self) -> Vec<String> {
        let is_alone = self.allowed_origins.len() == 1;
        let wrong =
            self.allowed_origins.iter().filter(|origin| if *origin == ANY { !is_alone } else { !is_origin(origin) });
        wrong
            .map(|origin| {
                format!(
                    "cors.allowed_origins: {origin:?} is not an origin such as https://app.example.com, nor * alone"
                )
            })
            .collect()
    }

    /// `None` where no page may call.
    pub(super) fn layer(&self) -> Option<CorsLayer> {
        let origins: Vec<HeaderValue> = self.allowed_origins.iter().filter_map(|origin| origin.parse().ok()).collect();
        let origins = match origins.as_slice() {
            [] => return None,
            [one] if one == ANY => AllowOrigin::any(),
            _ => AllowOrigin::list(origins),
        };
        // No cookies: tokens are in a header that a page sets itself.
        let layer = CorsLayer::new().allow_origin(origins).max_age(KEPT);
        let layer = layer.allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE]);
        Some(layer.allow_headers(allowed_headers()).expose_headers(exposed_headers()))
    }
}

fn allowed_headers() -> Vec<HeaderName> {
    let named =
        ["idempotency-key", "traceparent", "tracestate", "baggage", "grpc-timeout", "x-grpc-web", "x-user-agent"];
    let ours = [TENANT_KEY, ON_BEHALF_OF_KEY, AFTER_KEY].into_iter().chain(named).map(HeaderName::from_static);
    [header::AUTHORIZATION, header::CONTENT_TYPE].into_iter().chain(ours).collect()
}

fn exposed_headers() -> Vec<HeaderName> {
    let of_grpc_web = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
    let ours = [TRACE_KEY, WRITTEN_KEY].into_iter().chain(of_grpc_web).map(HeaderName::from_static);
    [header::RETRY_AFTER, header::ALLOW].into_iter().chain(ours).collect()
}

/// A scheme, a host and perhaps a port, as browsers send it.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    text == format!("{scheme}://{authority}") && !authority.as_str().contains('@') && text == text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(origins: &[&str]) -> usize {
        CorsConfig { allowed_origins: origins.iter().map(|origin| (*origin).to_owned()).collect() }.problems().len()
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        assert_eq!(problems(&[]), 0);
        assert_eq!(problems(&["*"]), 0);
        assert_eq!(problems(&["https://app.example.com", "http://localhost:5173", "http://[::1]:80"]), 0);
        let wrong = [
            "*",
            "app.example.com",
            "https://app.example.com/",
            "https://A.example.com",
            "https://u@a.b",
            "",
            "https://",
        ];
        assert_eq!(problems(&wrong), wrong.len());
    }
}
