//! The suite as it runs in production, and what may befall it: five services as real processes in two replicas each,
//! five databases on one PostgreSQL, one Kafka; a load that knows what every answer means; faults; healing.

mod api;
mod area;
mod books;
mod check;
mod cluster;
mod faults;
mod garbage;
mod load;
mod model;
mod postgres;
mod process;
mod programs;
mod proxy;

pub use api::{Api, request_id};
pub use area::Area;
pub use check::{check, wait_until_read};
pub use cluster::{Cluster, Options};
pub use faults::Fault;
pub use load::{Load, Running};
pub use model::Model;
pub use postgres::Postgres;
pub use programs::{Programs, workspace};
pub use proxy::Proxy;

use std::time::Instant;

use fastrand::Rng;

/// One fault under load, and what must hold afterwards. Says how long it all took.
pub async fn round(cluster: &mut Cluster, load: &Load, fault: Fault, rng: &mut Rng) -> anyhow::Result<()> {
    let (began, calls) = (Instant::now(), load.model().calls);
    let outcome = async {
        fault.strike(cluster, load, rng).await?;
        check(cluster, load).await
    };
    let healing = match outcome.await {
        Ok(healing) => healing,
        Err(error) => {
            eprintln!("{}\nerrors:\n{}", cluster.logs(), cluster.errors().join("\n"));
            return Err(error);
        }
    };
    let calls = load.model().calls - calls;
    println!(
        "{fault:?}: {calls} calls answered, healed in {:.1} s, {:.1} s in all",
        healing.as_secs_f32(),
        began.elapsed().as_secs_f32()
    );
    Ok(())
}
