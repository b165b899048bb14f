//! Preparing a database: roles, the database itself, its tables.

use std::{collections::HashMap, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, PgConnection,
    migrate::{Migrate as _, Migrator},
    postgres::PgConnectOptions,
};

use crate::{Db, Logins};

/// Identifies the lock of migrations within a database.
const LOCK: i64 = 0x5155_4954_5055_4D49;
/// How often a process that waits for its turn asks again.
const POLL: Duration = Duration::from_millis(50);

/// The migrations of the libraries and of a service as one ordered list. Libraries number below 1000, services from 1001.
/// A database with more than these was migrated by a newer program; its schema supports older ones too.
pub fn merge(parts: &[&Migrator]) -> Migrator {
    let mut merged = Migrator::with_migrations(parts.iter().flat_map(|m| m.iter().cloned()).collect());
    merged.set_ignore_missing(true);
    merged
}

/// Why a database could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// This login may not create the database or the roles: an administrator must run these statements.
    #[error("the database login may not create roles or databases; let an administrator run:\n{statements}")]
    NotAllowed {
        /// SQL, one statement a line.
        statements: String,
    },
    /// A migration failed.
    #[error("migrating {database}: {source}")]
    Migration {
        /// The name of the database.
        database: String,
        /// The cause.
        source: sqlx::migrate::MigrateError,
    },
    /// The tables belong to another service or program.
    #[error("the database {database} is another service's, or was migrated by another program than this one")]
    Foreign {
        /// The name of the database.
        database: String,
    },
    /// The server cannot be reached, or the connection failed.
    #[error("preparing the database: {0}")]
    Sqlx(#[from] sqlx::Error),
}

/// The statements an administrator must run when the given login may not.
pub fn grant_statements(databases: &[String], owner: &str, password: &str) -> String {
    let mut statements: Vec<String> = ["quittance_app", "quittance_system"]
        .iter()
        .map(|role| format!("create role {role} login password '{password}';"))
        .collect();
    statements.extend(databases.iter().map(|name| format!("create database {name} owner {owner};")));
    statements.join("\n")
}

/// Creates missing roles and the database, and migrates the tables. Idempotent and safe to run concurrently.
pub async fn prepare(logins: &Logins, migrator: &Migrator) -> Result<(), MigrateError> {
    let database = logins.owner.get_database().unwrap_or("postgres").to_owned();
    create_roles_and_database(logins, &database).await?;
    let mut conn = PgConnection::connect_with(&logins.owner).await?;
    take_turn(&mut conn).await?;
    let mut migrator = merge(&[migrator]);
    migrator.set_locking(false);
    let migrated = migrator.run_direct(None, &mut conn, false).await;
    // Ends the turn.
    conn.close().await?;
    migrated.map_err(|source| MigrateError::Migration { database, source })
}

/// Waits until no other process migrates this database. The library's own lock is waited for within a statement, which an index that is built
/// concurrently waits for in turn: a deadlock.
async fn take_turn(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    while !sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut *conn).await? {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// A message about the migrations a database lacks; `None` when it has them all. More than these are of a newer program, whose schema supports
/// older ones too.
///
/// # Errors
/// The database is another service's, or does not respond.
pub async fn missing_migrations(db: &Db, migrator: &Migrator) -> Result<Option<String>, MigrateError> {
    let rows: Result<Vec<(i64, Vec<u8>)>, sqlx::Error> =
        sqlx::query_as("select version, checksum from _sqlx_migrations where success").fetch_all(db.system()).await;
    let applied: HashMap<i64, Vec<u8>> = match rows {
        Ok(rows) => rows.into_iter().collect(),
        // The table does not exist yet, or this role may not read it.
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P01" | "42501")) => {
            HashMap::new()
        }
        Err(error) => return Err(error.into()),
    };
    let is_foreign = migrator
        .iter()
        .any(|migration| applied.get(&migration.version).is_some_and(|checksum| *checksum != *migration.checksum));
    if is_foreign {
        return Err(MigrateError::Foreign { database: db.name().to_owned() });
    }
    let missing = migrator.iter().filter(|migration| !applied.contains_key(&migration.version)).count();
    Ok((missing > 0).then(|| format!("it lacks {missing} migrations: run `quittance migrate`, or give database.owner")))
}

async fn create_roles_and_database(logins: &Logins, database: &str) -> Result<(), MigrateError> {
    let mut conn = PgConnection::connect_with(&logins.owner.clone().database("postgres")).await?;
    // Roles belong to the whole server: services that start at the same time take turns.
    conn.lock().await.map_err(|source| MigrateError::Migration { database: database.to_owned(), source })?;
    let done = create_missing(&mut conn, logins, database).await;
    conn.close().await?;
    match done {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => {
            Err(MigrateError::NotAllowed {
                statements: grant_statements(
                    &[database.to_owned()],
                    logins.owner.get_username(),
                    logins.role_password.as_deref().unwrap_or("..."),
                ),
            })
        }
        done => Ok(done?),
    }
}

async fn create_missing(conn: &mut PgConnection, logins: &Logins, database: &str) -> Result<(), sqlx::Error> {
    for role in [&logins.app, &logins.system].map(PgConnectOptions::get_username) {
        let exists =
            sqlx::query("select from pg_roles where rolname = $1").bind(role).fetch_optional(&mut *conn).await?;
        if exists.is_none() {
            sqlx::raw_sql(AssertSqlSafe(format!("create role {role} login"))).execute(&mut *conn).await?;
        }
        if let Some(password) = &logins.role_password {
            // The password is made of hexadecimal digits; the statement takes no parameters.
            sqlx::raw_sql(AssertSqlSafe(format!("alter role {role} login password '{password}'")))
                .execute(&mut *conn)
                .await?;
        }
    }
    let exists =
        sqlx::query("select from pg_database where datname = $1").bind(database).fetch_optional(&mut *conn).await?;
    if exists.is_none() {
        sqlx::raw_sql(AssertSqlSafe(format!("create database {database}"))).execute(&mut *conn).await?;
    }
    Ok(())
}
