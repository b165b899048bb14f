//! The replicas of a server: what its addresses resolve to at the moment, and which of them respond.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::Uri;
use tokio::{sync::watch, task::JoinHandle};
use tonic::transport::{Channel, Endpoint};

use crate::{TlsConfig, TlsError, endpoint::tuned};

/// How often names are resolved again: replicas come and go.
const LOOK_UP: Duration = Duration::from_secs(3);
/// How long a replica that did not respond is skipped while another responds: doubled each time, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

type Found = HashMap<SocketAddr, Arc<Replica>>;

/// The replicas of one server, resolved again until the last user is dropped.
#[derive(Debug)]
pub(crate) struct Replicas {
    /// `None` until the addresses were resolved for the first time.
    found: watch::Receiver<Option<Arc<Vec<Arc<Replica>>>>>,
    turn: AtomicUsize,
    following: JoinHandle<()>,
}

/// A replica.
#[derive(Debug)]
pub(crate) struct Replica {
    channel: Channel,
    skipped: Mutex<Option<Skipped>>,
}

/// Since when a replica is skipped, and for how long.
#[derive(Debug, Clone, Copy)]
struct Skipped {
    since: Instant,
    pause: Duration,
}

impl Replicas {
    /// Resolves addresses whose scheme is http or https; connects to each replica when it is first called.
    pub(crate) fn follow(addresses: Vec<Uri>, tls: TlsConfig) -> Arc<Self> {
        let (sender, found) = watch::channel(None);
        let following = tokio::spawn(follow(addresses, tls, sender));
        Arc::new(Self { found, turn: AtomicUsize::new(0), following })
    }

    /// One of the responding replicas, round-robin; if none responds, any. `None` when the addresses resolve to nothing.
    pub(crate) async fn next(&self) -> Option<Arc<Replica>> {
        let mut found = self.found.clone();
        let all = found.wait_for(Option::is_some).await.ok()?.clone()?;
        let now = Instant::now();
        let responding: Vec<&Arc<Replica>> = all.iter().filter(|replica| replica.responds(now)).collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        match responding.len() {
            0 => all.get(turn.checked_rem(all.len())?).cloned(),
            count => responding.get(turn % count).map(|replica| Arc::clone(replica)),
        }
    }

    /// Whether one of them responds, as far as is known.
    pub(crate) fn any_responds(&self) -> bool {
        let now = Instant::now();
        self.found.borrow().iter().flat_map(|all| all.iter()).any(|replica| replica.responds(now))
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl Replica {
    fn new(endpoint: &Endpoint) -> Arc<Self> {
        Arc::new(Self { channel: endpoint.connect_lazy(), skipped: Mutex::default() })
    }

    /// Its channel.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Records that a call got a response.
    pub(crate) fn record_response(&self) {
        *self.skipped.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records that a call got no response: others are called for a while.
    pub(crate) fn record_failure(&self) {
        let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = skipped.map_or(FIRST_PAUSE, |skipped| (skipped.pause * 2).min(LONGEST_PAUSE));
        *skipped = Some(Skipped { since: Instant::now(), pause });
    }

    fn responds(&self, now: Instant) -> bool {
        let skipped = *self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        skipped.is_none_or(|skipped| now.saturating_duration_since(skipped.since) >= skipped.pause)
    }
}

/// Keeps the replicas up to date with what the addresses resolve to, and with the current certificates.
async fn follow(addresses: Vec<Uri>, tls: TlsConfig, sender: watch::Sender<Option<Arc<Vec<Arc<Replica>>>>>) {
    let mut known = Found::new();
    let mut tls_changed_at = tls.changed_at();
    loop {
        let found = resolve(&addresses).await;
        let changed_at = tls.changed_at();
        if changed_at != tls_changed_at {
            known.clear();
            tls_changed_at = changed_at;
        }
        // An empty result is more likely a name server that is down than a service without replicas.
        if !found.is_empty() {
            known = renew(&known, &found, &tls);
        }
        // Sorted, so that all callers begin with the same order, and tests are repeatable.
        let mut all: Vec<_> = known.iter().collect();
        all.sort_unstable_by_key(|(address, _)| **address);
        sender.send_replace(Some(Arc::new(all.into_iter().map(|(_, replica)| Arc::clone(replica)).collect())));
        tokio::time::sleep(LOOK_UP).await;
    }
}

/// The resolved replicas; one that is known already keeps its connection.
fn renew(known: &Found, found: &HashMap<SocketAddr, Uri>, tls: &TlsConfig) -> Found {
    let mut renewed = Found::new();
    for (address, uri) in found {
        let replica = match known.get(address) {
            Some(replica) => Arc::clone(replica),
            None => match endpoint(*address, uri, tls) {
                Ok(endpoint) => Replica::new(&endpoint),
                Err(error) => {
                    tracing::warn!(%address, %error, "a server cannot be called");
                    continue;
                }
            },
        };
        renewed.insert(*address, replica);
    }
    renewed
}

/// A replica: reached by its address, verified by the name that was resolved.
fn endpoint(address: SocketAddr, uri: &Uri, tls: &TlsConfig) -> Result<Endpoint, TlsError> {
    let scheme = uri.scheme_str().unwrap_or("http");
    let unusable = |error: tonic::transport::Error| TlsError::Peer(quittance_runtime::error_chain(&error));
    let mut endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).map_err(unusable)?.origin(uri.clone());
    if scheme == "https" {
        endpoint = endpoint.tls_config(tls.channel(uri.host().unwrap_or_default())?).map_err(unusable)?;
    }
    Ok(tuned(endpoint))
}

async fn resolve(addresses: &[Uri]) -> HashMap<SocketAddr, Uri> {
    let mut found = HashMap::new();
    for uri in addresses {
        let Some(host) = uri.host() else { continue };
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        match tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await {
            Ok(addresses) => found.extend(addresses.map(|address| (address, uri.clone()))),
            Err(error) => tracing::warn!(host, %error, "the name of a server cannot be resolved"),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica() -> Arc<Replica> {
        Replica::new(&Endpoint::from_static("http://127.0.0.1:9"))
    }

    #[tokio::test]
    async fn who_does_not_answer_is_left_alone_for_longer_each_time() {
        let replica = replica();
        let paused = || replica.skipped.lock().unwrap().unwrap();
        for pause in [500, 1_000, 2_000, 4_000, 8_000, 8_000].map(Duration::from_millis) {
            replica.record_failure();
            assert_eq!(paused().pause, pause);
            assert!(!replica.responds(paused().since + pause.mul_f64(0.99)));
            assert!(replica.responds(paused().since + pause));
        }
        replica.record_response();
        assert!(replica.responds(Instant::now()));
    }

    #[tokio::test]
    async fn those_that_answer_take_turns_and_the_rest_is_better_than_none() {
        let all = vec![replica(), replica(), replica()];
        let (_sender, found) = watch::channel(Some(Arc::new(all.clone())));
        let replicas = Replicas { found, turn: AtomicUsize::new(0), following: tokio::spawn(async {}) };
        let drawn = async || {
            let one = replicas.next().await.unwrap();
            all.iter().position(|other| Arc::ptr_eq(other, &one)).unwrap()
        };
        assert_eq!([drawn().await, drawn().await, drawn().await, drawn().await], [0, 1, 2, 0]);
        all[1].record_failure();
        assert!(replicas.any_responds());
        for _ in 0..4 {
            assert_ne!(drawn().await, 1);
        }
        all[0].record_failure();
        all[2].record_failure();
        assert!(!replicas.any_responds());
        let mut any = [drawn().await, drawn().await, drawn().await];
        any.sort_unstable();
        assert_eq!(any, [0, 1, 2]);
    }

    #[tokio::test]
    async fn names_that_lead_nowhere_are_no_replicas() {
        let replicas = Replicas::follow(vec![Uri::from_static("http://nowhere.invalid:7400")], TlsConfig::default());
        assert!(replicas.next().await.is_none());
        assert!(!replicas.any_responds());
    }
}
