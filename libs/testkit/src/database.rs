//! One PostgreSQL server per test binary, one migrated template per service, one clone per test.

use std::{
    collections::HashSet,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use quittance_db::{Db, Logins, Workload};
use quittance_private_postgres::{Durability, Options, ScratchPostgres};
use sqlx::{AssertSqlSafe, Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};
use tokio::sync::Mutex;

static SERVER: LazyLock<ScratchPostgres> = LazyLock::new(|| {
    let options = Options { max_connections: 400, ..Options::new(Durability::None) };
    ScratchPostgres::start(&options).expect("a private PostgreSQL starts")
});
static TEMPLATES: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
static CLONES: AtomicU32 = AtomicU32::new(0);

/// The database of one test, with a service's tables.
#[derive(Debug, Clone)]
pub struct TestDb {
    /// The logins, by role.
    pub logins: Logins,
    /// The service's pools.
    pub db: Db,
}

impl TestDb {
    /// Clones the service's template, which the first test migrates.
    pub async fn new(service: &str, migrator: &Migrator) -> Self {
        let template = format!("template_{service}");
        let mut templates = TEMPLATES.lock().await;
        if templates.insert(template.clone()) {
            quittance_db::prepare(&logins(&template), migrator).await.expect("the migrations apply");
        }
        let name = format!("test_{service}_{}", CLONES.fetch_add(1, Ordering::Relaxed));
        let mut conn =
            PgConnection::connect_with(&login("quittance_owner", "postgres")).await.expect("the server answers");
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name} template {template}")))
            .execute(&mut conn)
            .await
            .expect("the clone is made");
        drop(templates);
        let logins = logins(&name);
        let db = Db::connect(&logins, 8, Workload::Keys).await.expect("the clone answers");
        Self { logins, db }
    }

    /// A connection with the rights of a role, outside of any transaction: for tests that read or change the tables themselves.
    pub async fn connect_as(&self, role: &str) -> PgConnection {
        PgConnection::connect_with(&self.logins.owner.clone().username(role)).await.expect("the clone answers")
    }
}

fn login(role: &str, database: &str) -> PgConnectOptions {
    SERVER.url(role, database).parse().expect("the server's URL is one")
}

fn logins(database: &str) -> Logins {
    logins_on(&SERVER.url("quittance_owner", database))
}

/// The three logins of a database, from its owner's URL on a server that trusts local logins.
pub fn logins_on(url: &str) -> Logins {
    let owner: PgConnectOptions = url.parse().expect("a PostgreSQL URL");
    Logins {
        app: owner.clone().username("quittance_app"),
        system: owner.clone().username("quittance_system"),
        owner,
        role_password: None,
    }
}
