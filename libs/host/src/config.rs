//! The configuration of one service's process.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use quittance_events::kafka::KafkaConfig;
use quittance_runtime::{LogFormat, TelemetryConfig, config::Validate};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgConnectOptions;

/// How to log in to the service's database, by role.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The service itself: the role `quittance_app`.
    pub app: String,
    /// Relay and reconcilers: the role `quittance_system`.
    pub system: String,
    /// The owner, who migrates when the service starts. Without it somebody else has to have migrated.
    pub owner: Option<String>,
    /// Connections of the service; more than 8 to 16 only lose throughput.
    pub connections: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { app: String::new(), system: String::new(), owner: None, connections: 10 }
    }
}

/// The configuration of one service's process: a file, then environment variables such as `QUITTANCE_DATABASE__APP`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceConfig {
    /// Where it listens.
    pub listen: String,
    /// Its database.
    pub database: DatabaseConfig,
    /// The JSON Web Key Set whose keys sign callers' tokens.
    pub keys: Option<PathBuf>,
    /// The secret that the services sign their calls to each other with: a file of at least 32 bytes, the same for all of them.
    pub service_key: PathBuf,
    /// Where the services are that it calls: one address or several for each area. A name that stands for several addresses is asked again every few seconds.
    pub peers: BTreeMap<String, Vec<String>>,
    /// The broker.
    pub kafka: KafkaConfig,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged, for example `info,quittance_payments=debug`.
    pub log: String,
    /// Who takes spans and metrics.
    pub telemetry: TelemetryConfig,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7400".to_owned(),
            database: DatabaseConfig::default(),
            keys: None,
            service_key: PathBuf::new(),
            peers: BTreeMap::new(),
            kafka: KafkaConfig::default(),
            log_format: LogFormat::Json,
            log: "info,sqlx=warn".to_owned(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl Validate for ServiceConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.listen.parse::<SocketAddr>().is_err() {
            problems.push(format!("listen: {:?} is no address such as 0.0.0.0:7400", self.listen));
        }
        let mut url = |name: &str, url: &str| {
            if url.is_empty() {
                problems.push(format!("database.{name}: missing, for example postgres://quittance_{name}@host/name"));
            } else if url.parse::<PgConnectOptions>().is_err() {
                problems.push(format!("database.{name}: no PostgreSQL URL"));
            }
        };
        url("app", &self.database.app);
        url("system", &self.database.system);
        if let Some(owner) = &self.database.owner {
            url("owner", owner);
        }
        if !(1..=64).contains(&self.database.connections) {
            problems.push("database.connections: 1 to 64".to_owned());
        }
        if let Some(keys) = &self.keys
            && !keys.is_file()
        {
            problems.push(format!("keys: there is no file {}", keys.display()));
        }
        match std::fs::metadata(&self.service_key) {
            Ok(file) if file.len() >= 32 => {}
            Ok(_) => problems.push("service_key: at least 32 bytes".to_owned()),
            Err(_) => problems.push(format!("service_key: there is no file {}", self.service_key.display())),
        }
        problems.extend(self.kafka.problems());
        problems.extend(self.telemetry.problems());
        problems
    }
}
