//! `quittance up`: the suite in one process until Ctrl-C; and the private suite that other commands run in.

use std::{
    collections::{BTreeMap, HashMap},
    io::IsTerminal as _,
    path::{Path, PathBuf},
    pin::{Pin, pin},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Args;
use quittance_db::{Logins, MigrateError};
use quittance_events::kafka::KafkaConfig;
use quittance_grpc::Tokens;
use quittance_host::{ServerConfig, database_url_problem};
use quittance_kernel::{Clock, TenantId};
use quittance_runtime::{
    config::{self, Both},
    telemetry, until_signal,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    data::{self, Server},
    exit,
    suite::{AREAS, Suite, SuiteOptions, database_of},
};

/// The default data folder of `quittance up`.
pub(crate) const DATA: &str = "quittance-data";
const LISTEN: &str = "127.0.0.1:7400";
/// Lifetime of a development token.
const TOKEN_HOURS: i64 = 12;

/// Flags of `quittance up`. Those not given come from the environment (`QUITTANCE_LISTEN` and so on), then from the file, then from defaults.
#[derive(Debug, Args, Serialize)]
pub(crate) struct UpFlags {
    /// A configuration file (TOML); `quittance configuration` lists all settings
    #[arg(long)]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
    /// Check the configuration and exit: 0 if it is valid, 2 if not
    #[arg(long)]
    #[serde(skip)]
    check: bool,
    /// The listen address
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<String>,
    /// The listen address of /healthz and /readyz; off for none
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    health_listen: Option<String>,
    /// The data folder: private PostgreSQL and development key
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,
    /// A PostgreSQL server to use instead of a private one, for example <postgres://admin@host/postgres>
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// A JSON Web Key Set, a file or an https address: only tokens signed by its keys are accepted
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<String>,
    /// Connections of each service to its database, 1 to 64
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<u32>,
    /// A Kafka broker that events go through, for example localhost:9092; without one they go from outbox to consumer directly
    #[arg(long)]
    #[serde(serialize_with = "as_brokers", skip_serializing_if = "Option::is_none")]
    kafka: Option<String>,
    /// Format of log lines: json or text
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<String>,
    /// The log filter, for example `info,quittance_payments=debug`
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<String>,
}

/// The flag sets one of the broker's settings.
fn as_brokers<S: Serializer>(brokers: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    BTreeMap::from([("brokers", brokers)]).serialize(serializer)
}

/// The settings of `quittance up` beside its server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SuiteConfig {
    /// The data folder: private PostgreSQL and development key
    data: PathBuf,
    /// A PostgreSQL server to use instead of a private one, for example `postgres://admin@host/postgres`
    database: Option<String>,
    /// Connections of each service to its database, 1 to 64
    connections: u32,
    /// The broker that events go through; without `brokers` they go from outbox to consumer directly
    kafka: KafkaConfig,
}

impl Default for SuiteConfig {
    fn default() -> Self {
        Self { data: PathBuf::from(DATA), database: None, connections: 10, kafka: KafkaConfig::default() }
    }
}

impl config::Validate for SuiteConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(problem) = self.database.as_deref().and_then(database_url_problem) {
            problems.push(format!("database: {problem}"));
        }
        if !(1..=64).contains(&self.connections) {
            problems.push("connections: 1 to 64".to_owned());
        }
        if !self.kafka.brokers.is_empty() {
            problems.extend(self.kafka.problems());
        }
        problems
    }
}

/// All settings of `quittance up`.
struct UpConfig(ServerConfig, SuiteConfig);

impl config::Settings for UpConfig {
    fn defaults() -> serde_json::Value {
        Both::<ServerConfig, SuiteConfig>::defaults()
    }

    fn read(merged: &serde_json::Value) -> Result<Self, (String, String)> {
        Both::read(merged).map(|Both(server, suite)| Self(server, suite))
    }
}

impl config::Validate for UpConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.0.problems().into_iter().chain(self.1.problems()).collect();
        if !self.0.is_loopback()
            && self.0.keys.is_none()
            && problems.iter().all(|problem| !problem.starts_with("listen"))
        {
            problems.push(
                "listen: an address that others can reach needs `keys`: development tokens are for this machine only"
                    .to_owned(),
            );
        }
        problems
    }
}

/// Runs the suite until Ctrl-C.
pub(crate) async fn up(flags: &UpFlags) -> anyhow::Result<ExitCode> {
    let UpConfig(server, suite) = match config::load(flags.config.as_deref(), flags) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("quittance: {error}");
            return Ok(exit::usage());
        }
    };
    if flags.check {
        println!("the configuration is valid");
        return Ok(exit::DONE);
    }
    let telemetry = telemetry::start("suite", server.log_format, &server.log, &server.telemetry);
    let telemetry = telemetry.map_err(anyhow::Error::msg)?;
    tracing::info!(version = crate::VERSION.as_str(), "starting");
    let done = run(server, &suite).await;
    telemetry.shutdown().await;
    done.map(|()| exit::DONE)
}

async fn run(server_config: ServerConfig, config: &SuiteConfig) -> anyhow::Result<()> {
    let mut signal = pin!(until_signal()?);
    let development = data::tokens(&config.data)?;
    let server = match &config.database {
        Some(url) => Server::given(url, &config.data)?,
        None => Server::private(config.data.clone()).await?,
    };
    let mut server_config = server_config;
    // Whoever has the development key has this machine.
    server_config.webhooks.allow_loopback |= server_config.keys.is_none();
    let options = SuiteOptions {
        server: server_config,
        connections: config.connections,
        development: development.clone(),
        internal: data::passing_tokens()?,
        kafka: (!config.kafka.brokers.is_empty()).then(|| config.kafka.clone()),
    };
    let started = tokio::select! {
        biased;
        () = &mut signal => None,
        started = start(&options, &server) => Some(started),
    };
    let suite = match started {
        Some(Ok(suite)) => suite,
        Some(Err(error)) => {
            server.stop().await?;
            return Err(error);
        }
        None => {
            eprintln!("stopping");
            return server.stop().await;
        }
    };
    greet(&suite.address, &config.data, options.server.keys.is_none().then_some(&development))?;
    signal.await;
    eprintln!("stopping");
    // Its PostgreSQL is stopped even if the suite did not stop cleanly.
    let stopped = suite.stop().await;
    server.stop().await?;
    stopped
}

async fn start(options: &SuiteOptions, server: &Server) -> anyhow::Result<Suite> {
    let mut logins = HashMap::new();
    for area in AREAS {
        let name = database_of(area);
        logins.insert(name.clone(), server.logins(&name)?);
    }
    let started = Box::pin(Suite::start(options, &logins)).await;
    started.map_err(|error| match error.downcast_ref() {
        Some(MigrateError::NotAllowed { .. }) => all_statements(&logins).into(),
        _ => error,
    })
}

/// The statements an administrator runs once, for all databases.
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
    let lifetime = chrono::Duration::hours(TOKEN_HOURS);
    Ok(tokens.sign("developer", &["*"], "* act-for", Clock::system().now(), lifetime)?)
}

/// The default tenant of `quittance call`: created once for each data folder.
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
    // A token in a log would be usable by every reader of the log.
    if std::io::stdout().is_terminal() {
        println!("development token for {TOKEN_HOURS} hours: {}", development_token(tokens)?);
    } else {
        println!("a development token: quittance token{data}");
    }
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
    tokens: Tokens,
}

impl PrivateSuite {
    /// Starts one in a folder that keeps its data, runs `work` with it and stops it.
    pub(crate) async fn run_in<T>(
        folder: &Path,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let tokens = data::tokens(folder)?;
        Self::run(Server::private(folder.to_owned()), tokens, work).await
    }

    /// Starts a temporary one, runs `work` with it and stops it.
    pub(crate) async fn run_scratch<T>(work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>) -> anyhow::Result<T> {
        Self::run(Server::scratch(), data::passing_tokens()?, work).await
    }

    /// Stops the suite and its PostgreSQL also if a signal arrives before the work is done, however early.
    async fn run<T>(
        server: impl Future<Output = anyhow::Result<Server>>,
        tokens: Tokens,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut signal = pin!(until_signal()?);
        // Not cancelled: what is half started could not be stopped.
        let server = server.await?;
        let done = Self::run_on(&server, tokens, signal.as_mut(), work).await;
        server.stop().await?;
        done
    }

    async fn run_on<T>(
        server: &Server,
        tokens: Tokens,
        mut signal: Pin<&mut impl Future<Output = ()>>,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let options = SuiteOptions {
            server: ServerConfig {
                listen: "127.0.0.1:0".to_owned(),
                health_listen: "off".to_owned(),
                ..ServerConfig::default()
            },
            connections: 10,
            development: tokens.clone(),
            internal: data::passing_tokens()?,
            kafka: None,
        };
        let suite = tokio::select! {
            biased;
            () = signal.as_mut() => anyhow::bail!("interrupted"),
            suite = start(&options, server) => suite?,
        };
        let running = Self { suite, tokens };
        let done = tokio::select! {
            biased;
            () = signal => Err(anyhow::anyhow!("interrupted")),
            done = work(&running) => done,
        };
        let stopped = running.suite.stop().await;
        let done = done?;
        stopped.map(|()| done)
    }

    /// Its address.
    pub(crate) fn address(&self) -> &str {
        &self.suite.address
    }

    /// A token for it.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        development_token(&self.tokens)
    }
}
