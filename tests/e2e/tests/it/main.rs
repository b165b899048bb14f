//! One round of all faults, with real processes, for `make test`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod postgres_tls;
#[cfg(target_arch = "x86_64")]
mod probes;
mod release;
mod trace;

use fastrand::Rng;
use quittance_e2e::{Cluster, Fault, Load, Options, check, round};
use tokio::sync::Mutex;

/// Used where `QUITTANCE_SEED` names no other.
const SEED: u64 = 20_261_122;

fn seed() -> u64 {
    std::env::var_os("QUITTANCE_SEED").map_or(SEED, |seed| seed.to_str().unwrap().parse().unwrap())
}

/// One suite at a time has the machine.
static TURN: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn books_agree_after_every_fault() {
    let _turn = TURN.lock().await;
    let seed = seed();
    println!("QUITTANCE_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut cluster = Cluster::start(&Options::default()).await.unwrap();
    let load = Load::open(&cluster).await.unwrap();
    check(&mut cluster, &load).await.unwrap();
    let mut faults = Fault::all();
    rng.shuffle(&mut faults);
    for fault in faults {
        if let Err(error) = round(&mut cluster, &load, fault, &mut rng).await {
            panic!("QUITTANCE_SEED={seed}: {fault:?}: {error:#}");
        }
    }
}
