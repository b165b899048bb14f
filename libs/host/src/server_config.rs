//! The settings of every process with a server.

use std::{net::IpAddr, time::Duration};

use quittance_grpc::{CorsConfig, KeySource, Limits, TlsConfig, TokenRules};
use quittance_runtime::{LogFormat, TelemetryConfig, config::Validate};
use quittance_webhooks::WebhookRules;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings of every process with a server, from a file, then environment variables such as `QUITTANCE_LISTEN`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServerConfig {
    /// The listen address for calls: an address or name, and a port
    pub listen: String,
    /// The listen address of `GET /healthz` (liveness) and `GET /readyz` (readiness, or 503 and what is missing). Empty: the port after that of `listen`;
    /// `off`: none
    pub health_listen: String,
    /// Refuse to listen in plain text at an address that others can reach
    pub require_tls: bool,
    /// How long running calls may go on after SIGTERM, in seconds, 0 to 600
    pub drain_seconds: u64,
    /// How long the response to a request is kept, in days, 1 to 400: the same `request_id` sent later is a new request, guarded only by the unique keys of the
    /// money itself (external references, bank entries)
    pub answers_kept_days: u16,
    /// The JSON Web Key Set whose keys sign callers' tokens: a file, or an address with https. It is refreshed while the process runs
    pub keys: Option<String>,
    /// How often a key set at an address is fetched again, in seconds, 10 to 86400; sooner when a token has an unknown key
    pub keys_refresh_seconds: u64,
    /// Rules for callers' tokens
    pub tokens: TokenRules,
    /// Certificates
    pub tls: TlsConfig,
    /// Limits for callers
    pub limits: Limits,
    /// Web pages that may call
    pub cors: CorsConfig,
    /// Where webhooks may send events
    pub webhooks: WebhookRules,
    /// Format of log lines: json or text
    pub log_format: LogFormat,
    /// The log filter, for example `info,quittance_payments=debug`
    pub log: String,
    /// Exporters of spans and metrics
    pub telemetry: TelemetryConfig,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7400".to_owned(),
            health_listen: String::new(),
            require_tls: false,
            drain_seconds: 20,
            answers_kept_days: 7,
            keys: None,
            keys_refresh_seconds: 300,
            tokens: TokenRules::default(),
            tls: TlsConfig::default(),
            limits: Limits::default(),
            cors: CorsConfig::default(),
            webhooks: WebhookRules::default(),
            log_format: LogFormat::Json,
            log: "info,sqlx=warn".to_owned(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl ServerConfig {
    /// Whether the listener is on a loopback address.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.listen)
    }

    /// How long running calls may go on after SIGTERM.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// The source of the keys of callers' tokens.
    ///
    /// # Errors
    /// What is wrong with the setting.
    pub fn key_source(&self) -> Result<Option<KeySource>, String> {
        self.keys.as_deref().map(KeySource::parse).transpose()
    }

    /// The listen address of health; `None` when it is off.
    pub(crate) fn health_address(&self) -> Option<String> {
        match self.health_listen.as_str() {
            "off" => None,
            "" => {
                let (host, port) = split(&self.listen)?;
                // Port 0 means any free port, for both.
                Some(format!("{host}:{}", if port == 0 { 0 } else { port.checked_add(1)? }))
            }
            address => Some(address.to_owned()),
        }
    }
}

/// Host and port of an address; the brackets of an IPv6 host are kept.
fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let is_host = !host.is_empty() && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'));
    is_host.then_some(())?;
    Some((host, port.parse().ok()?))
}

fn is_loopback(address: &str) -> bool {
    split(address).is_some_and(|(host, _)| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

impl Validate for ServerConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |name: &str, is_right: bool, what: &str| {
            if !is_right {
                problems.push(format!("{name}: {what}"));
            }
        };
        check("listen", split(&self.listen).is_some(), "not an address such as 0.0.0.0:7400 or localhost:7400");
        let is_own = !matches!(self.health_listen.as_str(), "" | "off");
        check(
            "health_listen",
            !is_own || split(&self.health_listen).is_some(),
            "not an address such as 0.0.0.0:7401, nor off",
        );
        let is_plain = self.tls.certificate.is_none();
        check(
            "require_tls",
            !(self.require_tls && is_plain && !self.is_loopback()),
            "others can reach the address of listen, and tls.certificate is not set",
        );
        check("drain_seconds", self.drain_seconds <= 600, "0 to 600");
        check("answers_kept_days", (1..=400).contains(&self.answers_kept_days), "1 to 400");
        check("keys_refresh_seconds", (10..=86_400).contains(&self.keys_refresh_seconds), "10 to 86400");
        check("tokens.leeway_seconds", self.tokens.leeway_seconds <= 300, "0 to 300");
        check("tokens.scope_claim", !self.tokens.scope_claim.is_empty(), "missing");
        check("tokens.tenants_claim", !self.tokens.tenants_claim.is_empty(), "missing");
        match self.key_source() {
            Err(problem) => problems.push(format!("keys: {problem}")),
            Ok(Some(KeySource::File(file))) if !file.is_file() => {
                problems.push(format!("keys: there is no file {}", file.display()));
            }
            Ok(_) => {}
        }
        problems.extend(self.tls.problems());
        problems.extend(self.limits.problems());
        problems.extend(self.cors.problems());
        problems.extend(self.telemetry.problems());
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_be_names_and_health_is_next_to_calls() {
        let of = |listen: &str| ServerConfig { listen: listen.to_owned(), ..ServerConfig::default() };
        for (listen, health, is_loopback) in [
            ("localhost:7400", "localhost:7401", true),
            ("[::1]:7400", "[::1]:7401", true),
            ("0.0.0.0:80", "0.0.0.0:81", false),
            ("127.0.0.1:0", "127.0.0.1:0", true),
        ] {
            let config = of(listen);
            assert_eq!(config.problems(), Vec::<String>::new(), "{listen}");
            assert_eq!((config.health_address().as_deref(), config.is_loopback()), (Some(health), is_loopback));
        }
        for wrong in ["", "nowhere", "host:", ":7400", "::1:7400", "host:70000"] {
            assert_eq!(of(wrong).problems().len(), 1, "{wrong}");
        }
    }

    #[test]
    fn plain_text_is_refused_where_others_reach_it_and_tls_is_required() {
        let config = ServerConfig { listen: "0.0.0.0:7400".to_owned(), require_tls: true, ..ServerConfig::default() };
        assert!(config.problems()[0].starts_with("require_tls: "), "{:?}", config.problems());
        let only_here = ServerConfig { require_tls: true, ..ServerConfig::default() };
        assert_eq!(only_here.problems(), Vec::<String>::new());
    }
}
