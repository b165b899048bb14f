//! The configuration of one service's process.

use std::{collections::BTreeMap, path::PathBuf};

use quittance_events::kafka::KafkaConfig;
use quittance_grpc::Tokens;
use quittance_runtime::config::{Both, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use sqlx::postgres::PgConnectOptions;

use crate::ServerConfig;

/// The minimum length of a signing secret, in bytes (RFC 7518, 3.2: as long as the hash).
const MIN_SECRET_BYTES: usize = 32;

/// The settings of a service's process.
pub type ProcessConfig = Both<ServerConfig, ServiceConfig>;

/// Logins to the service's database, by role.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DatabaseConfig {
    /// The service itself, the role `quittance_app`: `postgres://quittance_app:secret@host/name?sslmode=verify-full&sslrootcert=/path/ca.crt`. Required
    pub app: String,
    /// Relay and reconcilers, the role `quittance_system`. Required
    pub system: String,
    /// The owner, who migrates when the service starts; leave it out if `quittance migrate` does that
    pub owner: Option<String>,
    /// Connections of the service, 1 to 64; more than 8 to 16 only lose throughput
    pub connections: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { app: String::new(), system: String::new(), owner: None, connections: 10 }
    }
}

impl DatabaseConfig {
    /// Everything that is wrong with it, each with the name of the setting.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check_url = |name: &str, url: &str| {
            if url.is_empty() {
                problems.push(format!("database.{name}: missing, for example postgres://quittance_{name}@host/name"));
            } else if let Some(problem) = database_url_problem(url) {
                problems.push(format!("database.{name}: {problem}"));
            }
        };
        check_url("app", &self.app);
        check_url("system", &self.system);
        if let Some(owner) = &self.owner {
            check_url("owner", owner);
        }
        if !(1..=64).contains(&self.connections) {
            problems.push("database.connections: 1 to 64".to_owned());
        }
        problems
    }
}

/// The settings of a service's process beside its server.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServiceConfig {
    /// Its database
    pub database: DatabaseConfig,
    /// The secret with which the services sign their calls to each other: a file of at least 32 bytes, the same for all of them. Required
    pub service_key: PathBuf,
    /// Another secret that is accepted too, during a rotation
    pub service_key_previous: Option<PathBuf>,
    /// The addresses of the services that it calls: one or several (separated by commas) for each area, for example `https://invoicing:7400`. A name with
    /// several addresses is resolved every few seconds
    pub peers: BTreeMap<String, Addresses>,
    /// The broker
    pub kafka: KafkaConfig,
}

/// One address or several: a list, or a text separated by commas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Addresses(pub Vec<String>);

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected an address or a list of them")]
        enum OneOrMore {
            One(String),
            More(Vec<String>),
        }
        Ok(Self(match OneOrMore::deserialize(deserializer)? {
            OneOrMore::One(text) => text.split(',').map(|address| address.trim().to_owned()).collect(),
            OneOrMore::More(addresses) => addresses,
        }))
    }
}

impl ServiceConfig {
    /// The signer of the services' calls to each other.
    pub fn service_tokens(&self) -> std::io::Result<Tokens> {
        let tokens = Tokens::new(std::fs::read(&self.service_key)?);
        match &self.service_key_previous {
            Some(previous) => Ok(tokens.and_accept(std::fs::read(previous)?)),
            None => Ok(tokens),
        }
    }
}

/// What is wrong with a PostgreSQL URL, which may hold a password and so is never repeated.
pub fn database_url_problem(url: &str) -> Option<String> {
    url.parse::<PgConnectOptions>()
        .is_err()
        .then(|| "not a PostgreSQL URL such as postgres://user@host/name".to_owned())
}

impl Validate for ServiceConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems = self.database.problems();
        let keys =
            [("service_key", Some(&self.service_key)), ("service_key_previous", self.service_key_previous.as_ref())];
        for (name, file) in keys.into_iter().filter_map(|(name, file)| Some((name, file?))) {
            match std::fs::read(file) {
                Ok(secret) if secret.len() >= MIN_SECRET_BYTES => {}
                Ok(_) => problems.push(format!("{name}: at least {MIN_SECRET_BYTES} bytes")),
                Err(_) if file.as_os_str().is_empty() => problems.push(format!("{name}: missing, a file")),
                Err(error) => problems.push(format!("{name}: {}: {error}", file.display())),
            }
        }
        for (area, Addresses(addresses)) in &self.peers {
            for address in addresses {
                if let Err(error) = quittance_grpc::peer_address(address) {
                    problems.push(format!("peers.{area}: {error}"));
                }
            }
        }
        problems.extend(self.kafka.problems());
        problems
    }
}
