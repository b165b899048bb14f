//! Pools and transactions.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::{Duration, Instant},
};

use quittance_kernel::TenantId;
use quittance_runtime::{deadline, metrics};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use tokio::sync::OwnedSemaphorePermit;

use crate::{DbError, fairness::Turns};

/// The pools' roles, labels of metrics.
const APP: &str = "app";
const SYSTEM: &str = "system";

/// A connection that was idle for longer is pinged before it is used, and has this long to respond.
const RESTED: Duration = Duration::from_secs(1);
const ANSWERS: Duration = Duration::from_secs(1);

/// Statement timeout, somewhat above the longest call (2 minutes), so that one whose caller is gone does not run on.
const STATEMENT_TIMEOUT: &str = "150s";

/// Logins to one service's database, by role.
#[derive(Debug, Clone)]
pub struct Logins {
    /// Owns the tables and migrates them.
    pub owner: PgConnectOptions,
    /// Runs the service: sees one tenant at a time (`quittance_app`).
    pub app: PgConnectOptions,
    /// Runs relay and reconcilers: sees what they need of all tenants (`quittance_system`).
    pub system: PgConnectOptions,
    /// The password of the two roles, on a server that requires one.
    pub role_password: Option<String>,
}

/// The kind of statements a service runs, which the planner cannot tell from a table that has just grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Sets of rows looked up by their keys: nested loops over indexes, never a join that reads all of a tenant's rows. Statements are planned once, for a
    /// tenant that has all rows of a table (migration 0105).
    Keys,
    /// Sums over many rows.
    Sums,
}

/// The pools of one service.
#[derive(Debug, Clone)]
pub struct Db {
    app: PgPool,
    system: PgPool,
    /// Shares the app pool out among tenants.
    turns: Turns,
    /// The database's name, a label of metrics.
    name: Arc<str>,
}

impl Db {
    /// Opens the pools. More than 8 to 16 connections only lose throughput (`docs/limits.md`).
    pub async fn connect(logins: &Logins, max_connections: u32, workload: Workload) -> Result<Self, DbError> {
        let app = pool(max_connections).connect_with(tuned(&logins.app, workload)).await?;
        let system = pool(4).connect_with(tuned(&logins.system, workload)).await?;
        let name = logins.app.get_database().unwrap_or_default().into();
        Ok(Self { app, system, turns: Turns::of_pool(max_connections), name })
    }

    /// Starts a transaction that sees only the tenant's rows, in one round trip.
    pub async fn begin(&self, tenant: TenantId) -> Result<Tx, DbError> {
        self.begin_with(tenant, "").await
    }

    /// As [`Db::begin`], with custom plans: for lists with optional filters.
    pub async fn begin_filtered(&self, tenant: TenantId) -> Result<Tx, DbError> {
        self.begin_with(tenant, "; set local plan_cache_mode = force_custom_plan").await
    }

    /// As [`Db::begin`], with statements planned for sums, whatever the service's own setting: for sums over all of a
    /// tenant's rows, as in verification. Planned for lookups by key they are nested loops over all rows. Tables are still read by their indexes,
    /// which begin with the tenant: a small tenant does not read the rows of all others. A statement ends with its caller's deadline, after which its result is
    /// unused.
    pub async fn begin_sums(&self, tenant: TenantId) -> Result<Tx, DbError> {
        const SUMS: &str = "; set local enable_hashjoin = on; set local enable_mergejoin = on; set local enable_material = on; \
            set local enable_seqscan = off; set local plan_cache_mode = force_custom_plan";
        match deadline::left() {
            // Zero would mean no limit.
            Some(left) => {
                let limit = format!("{SUMS}; set local statement_timeout = {}", left.as_millis().max(1));
                self.begin_with(tenant, &limit).await
            }
            None => self.begin_with(tenant, SUMS).await,
        }
    }

    async fn begin_with(&self, tenant: TenantId, setting: &str) -> Result<Tx, DbError> {
        // A typed UUID cannot fail to parse and cannot carry SQL.
        let statement = format!("begin; set local quittance.tenant = '{tenant}'{setting}");
        let begin = async {
            let turn = self.turns.take(tenant).await.ok_or(sqlx::Error::PoolTimedOut)?;
            // Boxed: every operation's future would hold this one, which is large.
            Ok::<_, sqlx::Error>((Box::pin(self.app.begin_with(AssertSqlSafe(statement))).await?, turn))
        };
        let (inner, turn) = self.measured(begin).await?;
        Ok(Tx { inner, tenant, _turn: Some(turn) })
    }

    /// A transaction without a tenant for a rebuild: its statements may take longer than a call, and deferrable constraints are checked at its end.
    pub async fn begin_unbounded(&self) -> Result<UntenantedTx, DbError> {
        let begin = self.app.begin_with("begin; set local statement_timeout = 0; set constraints all deferred");
        Ok(UntenantedTx { inner: self.measured(Box::pin(begin)).await? })
    }

    /// Starts a transaction without a tenant: row-level security shows it no tenant's rows until [`UntenantedTx::enter`].
    pub async fn begin_untenanted(&self) -> Result<UntenantedTx, DbError> {
        Ok(UntenantedTx { inner: self.measured(Box::pin(self.app.begin())).await? })
    }

    /// Measures how long a transaction takes to begin; a failed begin is measured too.
    async fn measured<T>(&self, begin: impl Future<Output = T>) -> T {
        if !metrics::are_enabled() {
            return begin.await;
        }
        let started = Instant::now();
        let done = begin.await;
        metrics::record_pool_wait(&self.name, APP, started.elapsed());
        done
    }

    /// Records how many connections are busy and idle.
    pub fn record_connections(&self) {
        for (role, pool) in [(APP, &self.app), (SYSTEM, &self.system)] {
            let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
            metrics::record_pool(&self.name, role, pool.size().saturating_sub(idle), idle);
        }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the database responds.
    pub async fn ping(&self) -> Result<(), DbError> {
        sqlx::raw_sql("select").execute(&self.system).await?;
        Ok(())
    }

    /// A session-level advisory lock; `None` when another session holds it. It is held as long as the returned connection.
    pub async fn try_session_lock(&self, key: i64) -> Result<Option<PgConnection>, DbError> {
        let mut conn = self.system.acquire().await?.detach();
        let locked: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(key).fetch_one(&mut conn).await?;
        Ok(locked.then_some(conn))
    }

    /// The pool of relay and reconcilers.
    pub fn system(&self) -> &PgPool {
        &self.system
    }

    /// Closes all connections after the transactions that use them.
    pub async fn close(&self) {
        self.app.close().await;
        self.system.close().await;
    }
}

fn pool(max_connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        // An idle connection may be dead: a restarted server closed it unnoticed.
        .before_acquire(|conn, state| {
            Box::pin(async move {
                Ok(state.idle_for < RESTED
                    || tokio::time::timeout(ANSWERS, conn.ping()).await.is_ok_and(|answer| answer.is_ok()))
            })
        })
        // A connection returned inside a transaction still has a tenant set: it is closed.
        .after_release(|conn, _| Box::pin(async move { Ok(!conn.is_in_transaction()) }))
}

fn tuned(options: &PgConnectOptions, workload: Workload) -> PgConnectOptions {
    let options = options.clone().statement_cache_capacity(300).application_name("quittance").options([
        // JIT compilation would take longer than our statements.
        ("jit", "off"),
        ("statement_timeout", STATEMENT_TIMEOUT),
    ]);
    match workload {
        Workload::Keys => options.options([
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            ("enable_material", "off"),
            ("enable_seqscan", "off"),
            ("plan_cache_mode", "force_generic_plan"),
        ]),
        Workload::Sums => options,
    }
}

/// A transaction that sees one tenant.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    tenant: TenantId,
    /// Released with it; a consumer's transaction, which handles one tenant after the other, has none.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Tx {
    /// The tenant whose rows it sees.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), DbError> {
        Ok(self.inner.commit().await?)
    }

    /// Rolls back.
    pub async fn rollback(self) -> Result<(), DbError> {
        Ok(self.inner.rollback().await?)
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

/// A transaction that works for several tenants, one after the other.
#[derive(Debug)]
pub struct UntenantedTx {
    inner: Transaction<'static, Postgres>,
}

impl UntenantedTx {
    /// Sets the tenant for the statements that follow.
    pub async fn enter(mut self, tenant: TenantId) -> Result<Tx, DbError> {
        let statement = format!("set local quittance.tenant = '{tenant}'");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *self.inner).await?;
        Ok(Tx { inner: self.inner, tenant, _turn: None })
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), DbError> {
        Ok(self.inner.commit().await?)
    }
}

impl Deref for UntenantedTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for UntenantedTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}

impl From<Tx> for UntenantedTx {
    fn from(tx: Tx) -> Self {
        Self { inner: tx.inner }
    }
}
