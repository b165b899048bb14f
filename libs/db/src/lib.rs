//! Access to PostgreSQL: pools under two roles, transactions scoped to a tenant, migrations, the request log that makes every call
//! idempotent, and errors that carry the name of the violated constraint.

mod connect;
mod error;
mod fairness;
mod list;
mod migrate;
mod request_log;
pub mod row;
mod statistics;
mod tenants;
mod verify;

pub use connect::{Db, Logins, Tx, UntenantedTx, Workload};
pub use error::{DbError, expect_rows};
pub use list::{AmountRange, Column, List, Order, Place, Range, Window};
pub use migrate::{MigrateError, grant_statements, merge, missing_migrations, prepare};
pub use request_log::{
    NewResponse, RequestIdReused, StorableResponse, StoredResponse, find_responses, purge, store_responses,
};
pub use sqlx::{Error as SqlxError, PgConnection};
pub use statistics::{analyze_new_tables, run_analysis};
pub use tenants::{TenantsFailed, for_each_tenant};
pub use verify::{Found, Invariant};

/// The migrations that every service has before its own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");
