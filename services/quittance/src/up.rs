//! `quittance up`: the suite in one process until Ctrl-C; and the private suite that other commands run in.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use quittance_db::{Logins, MigrateError};
use quittance_events::kafka::KafkaConfig;
use quittance_grpc::{Tokens, Verifier};
use quittance_kernel::{Clock, TenantId};
use quittance_runtime::{LogFormat, TelemetryConfig, config, config::Validate as _, telemetry, until_signal};
use serde::{Deserialize, Serialize};

use crate::{
    data::{self, Server},
    suite::{AREAS, Suite, SuiteOptions, database_of},
};

/// Where `quittance up` keeps its data unless told otherwise.
pub(crate) const DATA: &str = "quittance-data";
const LISTEN: &str = "127.0.0.1:7400";
/// How long a development token lasts.
const TOKEN_DAYS: i64 = 365;

/// Flags of `quittance up`. Those not given come from the environment (`QUITTANCE_LISTEN` and so on), then from the file, then from defaults.
#[derive(Debug, Args, Serialize)]
pub(crate) struct UpFlags {
    /// A configuration file (TOML) with the settings below under their names
    #[arg(long)]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<String>,
    /// The data folder: private PostgreSQL and development key
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,
    /// A PostgreSQL server to use instead of a private one, for example <postgres://admin@host/postgres>
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// A JSON Web Key Set: only tokens signed by its keys are accepted
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<PathBuf>,
    /// Connections of each service to its database, 1 to 64
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<u32>,
    /// A Kafka broker that events go through, for example localhost:9092; without one they go from outbox to consumer directly
    #[arg(long)]
    #[serde(skip)]
    kafka: Option<String>,
    /// How log lines look: json or text
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<String>,
    /// What is logged, for example `info,quittance_payments=debug`
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<String>,
}

/// The configuration of `quittance up`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpConfig {
    listen: String,
    data: PathBuf,
    database: Option<String>,
    keys: Option<PathBuf>,
    connections: u32,
    kafka: Option<KafkaConfig>,
    log_format: LogFormat,
    log: String,
    telemetry: TelemetryConfig,
}

impl Default for UpConfig {
    fn default() -> Self {
        Self {
            listen: LISTEN.to_owned(),
            data: PathBuf::from(DATA),
            database: None,
            keys: None,
            connections: 10,
            kafka: None,
            log_format: LogFormat::Json,
            log: "info,sqlx=warn".to_owned(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl config::Validate for UpConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match self.listen.parse::<SocketAddr>() {
            Err(_) => problems.push(format!("listen: {:?} is no address such as {LISTEN}", self.listen)),
            Ok(address) if !address.ip().is_loopback() && self.keys.is_none() => {
                problems.push("listen: an address that others can reach needs `keys`: development tokens are for this machine only".to_owned());
            }
            Ok(_) => {}
        }
        if let Some(database) = &self.database
            && database.parse::<sqlx::postgres::PgConnectOptions>().is_err()
        {
            problems.push("database: no PostgreSQL URL".to_owned());
        }
        if let Some(keys) = &self.keys
            && !keys.is_file()
        {
            problems.push(format!("keys: there is no file {}", keys.display()));
        }
        if !(1..=64).contains(&self.connections) {
            problems.push("connections: 1 to 64".to_owned());
        }
        if let Some(kafka) = &self.kafka {
            problems.extend(kafka.problems());
        }
        problems.extend(self.telemetry.problems());
        problems
    }
}

/// Runs the suite until Ctrl-C.
pub(crate) async fn up(flags: &UpFlags) -> anyhow::Result<()> {
    let mut config: UpConfig = config::load(&UpConfig::default(), flags.config.as_deref(), flags)?;
    if let Some(brokers) = &flags.kafka {
        config.kafka.get_or_insert_default().brokers.clone_from(brokers);
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(config::BadConfig(problems).into());
        }
    }
    let telemetry = telemetry::start("suite", config.log_format, &config.log, &config.telemetry);
    let telemetry = telemetry.map_err(anyhow::Error::msg)?;
    let done = run(&config).await;
    telemetry.shutdown().await;
    done
}

async fn run(config: &UpConfig) -> anyhow::Result<()> {
    let tokens = data::tokens(&config.data)?;
    let verifier = config.keys.as_deref().map(Verifier::from_file).transpose()?;
    let server = match &config.database {
        Some(url) => Server::given(url, &config.data)?,
        None => Server::private(config.data.clone()).await?,
    };
    let development = verifier.is_none();
    let options = SuiteOptions {
        listen: config.listen.parse()?,
        connections: config.connections,
        tokens: tokens.clone(),
        verifier,
        kafka: config.kafka.clone(),
        telemetry: config.telemetry.clone(),
    };
    let suite = match start(&options, &server).await {
        Ok(suite) => suite,
        Err(error) => {
            server.stop().await?;
            return Err(error);
        }
    };
    greet(&suite.address, &config.data, development.then_some(&tokens))?;
    until_signal().await?;
    eprintln!("stopping");
    suite.stop().await?;
    server.stop().await
}

async fn start(options: &SuiteOptions, server: &Server) -> anyhow::Result<Suite> {
    let mut logins = HashMap::new();
    for area in AREAS {
        let name = database_of(area);
        logins.insert(name.clone(), server.logins(&name)?);
    }
    let started = Suite::start(options, &logins).await;
    started.map_err(|error| match error.downcast_ref() {
        Some(MigrateError::NotAllowed { .. }) => all_statements(&logins).into(),
        _ => error,
    })
}

/// What an administrator runs once, for all databases.
fn all_statements(logins: &HashMap<String, Logins>) -> MigrateError {
    let mut names: Vec<String> = logins.keys().cloned().collect();
    names.sort();
    let one = logins.values().next();
    let owner = one.map_or("", |logins| logins.owner.get_username());
    let password = one.and_then(|logins| logins.role_password.as_deref()).unwrap_or("...");
    MigrateError::NotAllowed { statements: quittance_db::grant_statements(&names, owner, password) }
}

/// A token for development: every tenant, every scope but `internal`.
pub(crate) fn development_token(tokens: &Tokens) -> anyhow::Result<String> {
    let lifetime = chrono::Duration::days(TOKEN_DAYS);
    Ok(tokens.sign("developer", &["*"], "*", Clock::system().now(), lifetime)?)
}

/// The tenant that `quittance call` acts for unless told otherwise: made once for each data folder.
pub(crate) fn development_tenant(folder: &Path) -> anyhow::Result<TenantId> {
    let path = folder.join("development-tenant");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Ok(TenantId::parse(text.trim())?);
    }
    let tenant = TenantId::at(Clock::system().now());
    std::fs::write(&path, tenant.to_string()).with_context(|| format!("writing {}", path.display()))?;
    Ok(tenant)
}

fn greet(address: &str, folder: &Path, tokens: Option<&Tokens>) -> anyhow::Result<()> {
    println!("Quittance listens on {address}");
    let Some(tokens) = tokens else { return Ok(()) };
    let tenant = development_tenant(folder)?;
    let data = if folder == Path::new(DATA) { String::new() } else { format!(" --data {}", folder.display()) };
    let server = if address == format!("http://{LISTEN}") { String::new() } else { format!(" --server {address}") };
    println!("development token: {}", development_token(tokens)?);
    println!("development tenant: {tenant}");
    println!("\nIn another terminal, try:");
    println!(
        "  quittance call{data}{server} TenantService/CreateTenant '{{\"tenant\": {{\"name\": \"Northwind GmbH\", \"base_currency_code\": \"EUR\", \"time_zone\": \"Europe/Berlin\", \
         \"enquiries\": {{\"name\": \"Accounts\", \"email\": \"accounts@example.com\"}}, \"late_payment_consequences\": \"Statutory interest.\", \
         \"terms_and_conditions\": \"Our general terms apply.\"}}}}'"
    );
    println!(
        "  quittance call{data}{server} CustomerService/CreateCustomer '{{\"customer\": {{\"name\": \"Ada Ltd\", \"number\": \"C-1\"}}}}'"
    );
    println!("  quittance call{data}{server} ReportService/ListCurrencies");
    println!("\nCtrl-C stops it.");
    Ok(())
}

/// A private suite on a free port, for one run.
#[derive(Debug)]
pub(crate) struct PrivateSuite {
    suite: Suite,
    server: Server,
    tokens: Tokens,
}

impl PrivateSuite {
    /// Starts it in a folder, where its data stays.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        Self::on(Server::private(folder.to_owned()).await?, data::tokens(folder)?).await
    }

    /// Starts one that leaves nothing behind.
    pub(crate) async fn start_scratch() -> anyhow::Result<Self> {
        Self::on(Server::scratch().await?, data::passing_tokens()?).await
    }

    async fn on(server: Server, tokens: Tokens) -> anyhow::Result<Self> {
        let options = SuiteOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            connections: 10,
            tokens: tokens.clone(),
            verifier: None,
            kafka: None,
            telemetry: TelemetryConfig::default(),
        };
        match start(&options, &server).await {
            Ok(suite) => Ok(Self { suite, server, tokens }),
            Err(error) => {
                server.stop().await?;
                Err(error)
            }
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.suite.address
    }

    /// A token for it.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        development_token(&self.tokens)
    }

    /// Stops it and its PostgreSQL.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.suite.stop().await?;
        self.server.stop().await
    }
}
