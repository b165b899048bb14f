//! What may befall the suite, and how it comes about.

use std::time::Duration;

use anyhow::Context as _;
use fastrand::Rng;
use sqlx::Connection as _;
use tokio::{task::block_in_place, time::sleep};

use crate::{Area, Cluster, Load, garbage};

/// How long the load runs before and after a fault.
const BEFORE: Duration = Duration::from_millis(400);
/// How long something that is away stays away.
const AWAY: Duration = Duration::from_secs(2);
/// Longer than a consumer group waits for a member, which is ten seconds.
const FROZEN: Duration = Duration::from_secs(12);
/// How long the disk is full.
const FULL: Duration = Duration::from_secs(2);
/// How much longer calls of a slow peer take, in each direction.
const SLOW: Duration = Duration::from_secs(3);
const SLOW_FOR: Duration = Duration::from_secs(5);
/// Calls of the load beside a fault, at most.
const CALLS: usize = 150;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` of all of a service's processes.
    Kill(Area),
    /// The same of every service, one after the other.
    KillInTurn,
    /// `kill -9` of one of the two processes of every service; they come back only after the books were compared.
    KillReplicas,
    /// `kill -9` of payments after it has written that money belongs to an item and before invoicing settled that.
    HalfSettlement,
    /// The broker is killed.
    Broker,
    /// PostgreSQL crashes.
    Postgres,
    /// One of reporting's processes stands still for so long that its partitions are given to the other.
    FrozenReader,
    /// Messages that are no events, and events that come again.
    Garbage,
    /// The disk of a service's database is full.
    FullDisk(Area),
    /// Invoicing answers payments late.
    SlowPeer,
}

impl Fault {
    /// One of each kind; every service is killed.
    pub fn all() -> Vec<Self> {
        vec![
            Self::KillInTurn,
            Self::HalfSettlement,
            Self::Broker,
            Self::Postgres,
            Self::KillReplicas,
            Self::FrozenReader,
            Self::Garbage,
            Self::FullDisk(Area::Payments),
            Self::SlowPeer,
        ]
    }

    /// One that is drawn.
    pub fn draw(rng: &mut Rng) -> Self {
        // One service alone is killed as often as all in turn.
        let all = Self::all().into_iter().chain([Self::Kill(Area::Payments)]);
        match rng.choice(all.collect::<Vec<_>>()).unwrap_or(Self::Broker) {
            Self::Kill(_) => Self::Kill(rng.choice(Area::ALL).unwrap_or(Area::Invoicing)),
            Self::FullDisk(_) => Self::FullDisk(rng.choice(Area::TELLING).unwrap_or(Area::Invoicing)),
            fault => fault,
        }
    }

    /// Has it happen under load. Afterwards everything runs again that ran before; it need not have healed.
    pub async fn strike(self, cluster: &mut Cluster, load: &Load, rng: &mut Rng) -> anyhow::Result<()> {
        let running = load.run(rng.u64(..), CALLS);
        sleep(BEFORE).await;
        let struck = self.strike_now(cluster, load, rng).await;
        sleep(BEFORE).await;
        // What the load saw says more than what became of the fault.
        running.end().await?;
        struck?;
        if self == Self::KillReplicas {
            // One process of each service is enough to heal.
            crate::check(cluster, load).await?;
            cluster.start_all().await?;
        }
        Ok(())
    }

    async fn strike_now(self, cluster: &mut Cluster, load: &Load, rng: &mut Rng) -> anyhow::Result<()> {
        match self {
            Self::Kill(area) => kill(cluster, area, rng).await,
            Self::KillInTurn => {
                let mut areas = Area::ALL;
                rng.shuffle(&mut areas);
                for area in areas {
                    kill(cluster, area, rng).await?;
                }
                Ok(())
            }
            Self::KillReplicas => {
                let which = rng.usize(0..2);
                Area::ALL.into_iter().try_for_each(|area| cluster.kill(area, |i| i == which))?;
                sleep(AWAY).await;
                Ok(())
            }
            Self::HalfSettlement => half_settlement(cluster, load, rng).await,
            // One that was given is not ours to be killed.
            Self::Broker => {
                block_in_place(|| cluster.kafka.kill());
                sleep(AWAY).await;
                block_in_place(|| cluster.kafka.restart());
                Ok(())
            }
            Self::Postgres => {
                cluster.postgres.crash().await?;
                sleep(AWAY).await;
                cluster.postgres.recover().await
            }
            Self::FrozenReader => {
                let which = rng.usize(0..2);
                cluster.freeze(Area::Reporting, true, |i| i == which)?;
                sleep(FROZEN).await;
                cluster.freeze(Area::Reporting, false, |i| i == which)
            }
            Self::Garbage => {
                let config = cluster.kafka_config.clone();
                let put = garbage::put(&config, Area::Invoicing, rng.u64(..)).await?;
                load.model().garbage += put;
                Ok(())
            }
            Self::FullDisk(area) => full_disk(cluster, area).await,
            Self::SlowPeer => {
                cluster.slow_down(SLOW);
                sleep(SLOW_FOR).await;
                cluster.slow_down(Duration::ZERO);
                Ok(())
            }
        }
    }
}

async fn kill(cluster: &mut Cluster, area: Area, rng: &mut Rng) -> anyhow::Result<()> {
    cluster.kill(area, |_| true)?;
    sleep(Duration::from_millis(rng.u64(0..1_000))).await;
    cluster.start_all().await
}

/// Invoicing stands still, payments writes its own half, and is killed before the other half is done.
async fn half_settlement(cluster: &mut Cluster, load: &Load, rng: &mut Rng) -> anyhow::Result<()> {
    for _ in 0..3 {
        load.invoice(rng).await?;
    }
    sleep(BEFORE).await;
    cluster.freeze(Area::Invoicing, true, |_| true)?;
    let pay = {
        let (load, mut rng) = (load.clone(), rng.fork());
        tokio::spawn(async move { load.pay(&mut rng).await })
    };
    let pending = wait_for_pending(cluster).await;
    cluster.kill(Area::Payments, |_| true)?;
    cluster.freeze(Area::Invoicing, false, |_| true)?;
    cluster.start_all().await?;
    pending?;
    pay.await?
}

async fn wait_for_pending(cluster: &Cluster) -> anyhow::Result<()> {
    let mut connection = cluster.postgres.owner(Area::Payments).await?;
    for _ in 0..200 {
        let pending: i64 = sqlx::query_scalar("select count(*) from allocation where state = 'pending'")
            .fetch_one(&mut connection)
            .await?;
        if pending > 0 {
            return Ok(());
        }
        sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("no settlement was left half done")
}

/// PostgreSQL says what it says when it cannot extend a file.
async fn full_disk(cluster: &Cluster, area: Area) -> anyhow::Result<()> {
    let mut connection = cluster.postgres.owner(area).await?;
    let fill = "create function fail_for_a_full_disk() returns trigger language plpgsql as $$
        begin
          raise exception 'could not extend file: No space left on device' using errcode = '53100';
        end $$;
        create trigger fail_for_a_full_disk before insert on outbox
          for each row execute function fail_for_a_full_disk();";
    sqlx::raw_sql(fill).execute(&mut connection).await.context("filling the disk")?;
    sleep(FULL).await;
    sqlx::raw_sql("drop trigger fail_for_a_full_disk on outbox; drop function fail_for_a_full_disk();")
        .execute(&mut connection)
        .await
        .context("making room again")?;
    connection.close().await?;
    Ok(())
}
