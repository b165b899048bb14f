//! Databases and broker of operators' commands: from a service's configuration, or the suite of a data folder.

use std::{
    path::{Path, PathBuf},
    pin::pin,
};

use anyhow::{Context as _, bail};
use clap::Args;
use quittance_db::{Db, Logins, Workload};
use quittance_events::kafka::KafkaConfig;
use quittance_host::{DatabaseConfig, ProcessConfig, Service as _};
use quittance_runtime::{config, until_signal};
use sqlx::migrate::Migrator;

use crate::{data::Server, suite::database_of, up};

/// Connection to the broker.
#[derive(Debug, Clone, Args)]
pub(crate) struct BrokerFlags {
    /// The broker, for example localhost:9092
    #[arg(long)]
    kafka: Option<String>,
    /// The prefix of topic names
    #[arg(long)]
    prefix: Option<String>,
    /// A service's configuration file, whose `[kafka]` is used (as are environment variables `QUITTANCE_KAFKA__...`)
    #[arg(long)]
    config: Option<PathBuf>,
}

impl BrokerFlags {
    /// The broker from flags, file or environment.
    pub(crate) fn config(&self) -> anyhow::Result<KafkaConfig> {
        let kafka = self.overridden(self.configured()?);
        let problems = kafka.problems();
        if problems.is_empty() { Ok(kafka) } else { Err(config::BadConfig(problems).into()) }
    }

    /// The broker, if one is configured.
    pub(crate) fn given(&self) -> anyhow::Result<Option<KafkaConfig>> {
        if self.overridden(self.configured()?).brokers.is_empty() { Ok(None) } else { self.config().map(Some) }
    }

    /// The settings from file and environment, before flags.
    fn configured(&self) -> Result<KafkaConfig, config::BadConfig> {
        let config::Both(_, service): ProcessConfig =
            config::load_table(self.config.as_deref(), "kafka", |_| Vec::new())?;
        Ok(service.kafka)
    }

    fn overridden(&self, mut kafka: KafkaConfig) -> KafkaConfig {
        if let Some(brokers) = &self.kafka {
            kafka.brokers.clone_from(brokers);
        }
        if let Some(prefix) = &self.prefix {
            kafka.prefix.clone_from(prefix);
        }
        kafka
    }
}

/// Connection to databases.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreFlags {
    /// The data folder of a local `quittance up`
    #[arg(long, default_value = up::DATA)]
    data: PathBuf,
    /// The PostgreSQL server of a `quittance up --database`
    #[arg(long)]
    database: Option<String>,
    #[command(flatten)]
    pub(crate) broker: BrokerFlags,
}

/// Open databases of a command.
pub(crate) struct Stores {
    kind: Kind,
    /// The broker, if one is configured.
    pub(crate) kafka: Option<KafkaConfig>,
}

enum Kind {
    /// The databases of all services.
    Suite(Server),
    /// The database of one service.
    Service(Box<DatabaseConfig>),
}

impl StoreFlags {
    /// Opens the databases and runs `work` with them; starts the private server of an unused data folder, and stops it again. `None` if a signal ended the
    /// work.
    pub(crate) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&Stores) -> anyhow::Result<T>,
    ) -> anyhow::Result<Option<T>> {
        let signal = pin!(until_signal()?);
        let stores = self.open().await?;
        let done = tokio::select! {
            biased;
            () = signal => Ok(None),
            done = work(&stores) => done.map(Some),
        };
        stores.close().await?;
        done
    }

    async fn open(&self) -> anyhow::Result<Stores> {
        let kafka = self.broker.given()?;
        let kind = match (&self.broker.config, &self.database) {
            (Some(_), Some(_)) => bail!("--config names a database already: leave out --database"),
            (Some(file), None) => Kind::Service(Box::new(database_config(Some(file))?)),
            (None, Some(url)) => Kind::Suite(Server::given(url, &self.data)?),
            (None, None) if !self.data.is_dir() => bail!(
                "there is no data folder {}: name one with --data, a server with --database, or a service's configuration with --config",
                self.data.display()
            ),
            (None, None) => Kind::Suite(Server::private_or_running(self.data.clone()).await?),
        };
        Ok(Stores { kind, kafka })
    }
}

impl Stores {
    /// The database of a service.
    ///
    /// # Errors
    /// The configuration is another service's.
    pub(crate) async fn db(&self, area: &str) -> anyhow::Result<Db> {
        let logins = match &self.kind {
            Kind::Suite(server) => server.logins(&database_of(area))?,
            Kind::Service(config) => Logins {
                owner: config.app.parse().context("database.app")?,
                app: config.app.parse().context("database.app")?,
                system: config.system.parse().context("database.system")?,
                role_password: None,
            },
        };
        let db = Db::connect(&logins, 4, Workload::Sums)
            .await
            .with_context(|| format!("connecting to the database of {area}; has it been used yet?"))?;
        quittance_db::missing_migrations(&db, &migrator_of(area)?)
            .await
            .with_context(|| format!("this is not the database of {area}"))?;
        Ok(db)
    }

    /// Whether the databases of all services are available.
    pub(crate) fn has_all(&self) -> bool {
        matches!(self.kind, Kind::Suite(_))
    }

    /// Stops a server that was started for the command.
    async fn close(self) -> anyhow::Result<()> {
        match self.kind {
            Kind::Suite(server) => server.stop().await,
            Kind::Service(_) => Ok(()),
        }
    }
}

/// All migrations of a service's database.
fn migrator_of(area: &str) -> anyhow::Result<Migrator> {
    match area {
        quittance_invoicing::AREA => Ok(quittance_invoicing::App::migrator()),
        quittance_payments::AREA => Ok(quittance_payments::App::migrator()),
        quittance_credit_risk::AREA => Ok(quittance_credit_risk::App::migrator()),
        quittance_collections::AREA => Ok(quittance_collections::App::migrator()),
        quittance_reporting::AREA => Ok(quittance_reporting::App::migrator()),
        other => bail!("there is no service {other}"),
    }
}

/// The login to a service's database from its file and the environment.
pub(super) fn database_config(file: Option<&Path>) -> Result<DatabaseConfig, config::BadConfig> {
    let config::Both(_, service): ProcessConfig =
        config::load_table(file, "database", |config::Both(_, service): &ProcessConfig| service.database.problems())?;
    Ok(service.database)
}

/// Lists problems for people.
pub(crate) fn print_problems(problems: impl Iterator<Item = String>) {
    for problem in problems {
        eprintln!("  - {problem}");
    }
}
