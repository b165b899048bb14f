//! `quittance migrate`: migrates a service's database separately, so that the service needs no owner's password.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use quittance_db::Logins;
use quittance_host::Service;

use super::{reader::Reader, stores::database_config};

/// Flags of `quittance migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateFlags {
    /// The service whose database to migrate
    service: Reader,
    /// Its configuration file, with `database.owner` in it or in the environment
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Creates missing roles and the database if allowed, and migrates the tables. Idempotent, and safe while services run.
pub(crate) async fn run(flags: &MigrateFlags) -> anyhow::Result<()> {
    let database = database_config(flags.config.as_deref())?;
    let owner = database.owner.as_deref().context("database.owner: missing, migrations need it")?;
    let logins = Logins {
        owner: owner.parse().context("database.owner")?,
        app: database.app.parse().context("database.app")?,
        system: database.system.parse().context("database.system")?,
        role_password: None,
    };
    match flags.service {
        Reader::Invoicing => Box::pin(migrate::<quittance_invoicing::App>(&logins)).await?,
        Reader::Payments => Box::pin(migrate::<quittance_payments::App>(&logins)).await?,
        Reader::CreditRisk => Box::pin(migrate::<quittance_credit_risk::App>(&logins)).await?,
        Reader::Collections => Box::pin(migrate::<quittance_collections::App>(&logins)).await?,
        Reader::Reporting => Box::pin(migrate::<quittance_reporting::App>(&logins)).await?,
    }
    println!("the database of {} is up to date", flags.service.area());
    Ok(())
}

async fn migrate<S: Service>(logins: &Logins) -> anyhow::Result<()> {
    Ok(quittance_db::prepare(logins, &S::migrator()).await?)
}
