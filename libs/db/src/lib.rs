//! The way to PostgreSQL: pools under two roles, transactions that know their tenant, migrations, the request log that makes every call
//! repeatable, and errors that carry the name of the rule that was broken.

mod connect;
mod error;
mod etag;
mod fairness;
mod gather;
mod migrate;
mod request_log;
mod slice;
mod statistics;
mod tenants;
mod verify;

pub use connect::{Db, Logins, Tx, UntenantedTx, Workload};
pub use error::{DbError, OnConstraint, expect_rows};
pub use etag::is_stale;
pub use gather::Gatherer;
pub use migrate::{MigrateError, grant_statements, merge, missing_migrations, prepare};
pub use request_log::{Answer, Command, RequestIdReused, purge};
pub use slice::{OneOp, OneResult, SliceOp, SliceResult, run_one, run_slice};
pub use sqlx::PgConnection;
pub use statistics::{analyze_new_tables, run_analysis};
pub use tenants::{TenantsFailed, for_each_tenant};
pub use verify::{Found, Invariant};

/// The migrations that every service has before its own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");
