//! Telemetry settings.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Exporters of spans and metrics. Default: none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TelemetryConfig {
    /// A collector of spans and metrics by OTLP over gRPC, for example `http://collector:4317` or `https://collector:4317`
    pub otlp: Option<String>,
    /// Authorities (PEM) to trust for a collector with https, beside the system's
    pub otlp_ca: Option<PathBuf>,
    /// The listen address of `GET /metrics` for Prometheus, for example `0.0.0.0:9464`
    pub metrics_listen: Option<String>,
    /// The sampled share of the traces that start here, from 0 to 1
    pub sample_ratio: f64,
    /// How often the gauges that come from the database are read again, in seconds
    pub refresh_seconds: u64,
    /// How often every invariant is checked for every tenant, in seconds; one replica of a service does it at a time. 0 for never
    pub verify_seconds: u64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            otlp: None,
            otlp_ca: None,
            metrics_listen: None,
            sample_ratio: 1.0,
            refresh_seconds: 5,
            verify_seconds: 600,
        }
    }
}

impl TelemetryConfig {
    /// Everything that is wrong with it, each with the name of the setting.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(otlp) = &self.otlp
            && !is_http_address(otlp)
        {
            problems.push(format!("telemetry.otlp: {otlp:?} is not an address such as http://collector:4317"));
        }
        if let Some(ca) = &self.otlp_ca
            && !ca.is_file()
        {
            problems.push(format!("telemetry.otlp_ca: there is no file {}", ca.display()));
        }
        if let Some(listen) = &self.metrics_listen
            && listen.parse::<SocketAddr>().is_err()
        {
            problems.push(format!("telemetry.metrics_listen: {listen:?} is not an address such as 0.0.0.0:9464"));
        }
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            problems.push("telemetry.sample_ratio: 0 to 1".to_owned());
        }
        if self.refresh_seconds == 0 {
            problems.push("telemetry.refresh_seconds: at least 1".to_owned());
        }
        problems
    }

    /// How often the gauges that come from the database are read again.
    pub fn refresh_every(&self) -> Duration {
        Duration::from_secs(self.refresh_seconds)
    }

    /// How often every invariant is checked; `None` for never.
    pub fn verify_every(&self) -> Option<Duration> {
        (self.verify_seconds > 0).then(|| Duration::from_secs(self.verify_seconds))
    }
}

fn is_http_address(text: &str) -> bool {
    let Ok(uri) = text.parse::<hyper::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https")) && uri.port_u16().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said() {
        assert_eq!(TelemetryConfig::default().problems(), Vec::<String>::new());
        let right = TelemetryConfig {
            otlp: Some("http://collector:4317".to_owned()),
            metrics_listen: Some("0.0.0.0:9464".to_owned()),
            ..TelemetryConfig::default()
        };
        assert_eq!(right.problems(), Vec::<String>::new());
        let wrong = TelemetryConfig {
            otlp: Some("collector:4317".to_owned()),
            otlp_ca: Some(PathBuf::from("/nonexistent")),
            metrics_listen: Some("9464".to_owned()),
            sample_ratio: 1.5,
            refresh_seconds: 0,
            verify_seconds: 0,
        };
        assert_eq!(wrong.problems().len(), 5);
    }
}
