//! Where a peer's addresses lead, followed for as long as anybody calls it.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use http::Uri;
use tokio::{sync::mpsc::Sender, task::JoinHandle};
use tonic::transport::{Endpoint, channel::Change};

use crate::endpoint::tuned;

/// How often names are looked up again: replicas come and go.
const LOOK_UP: Duration = Duration::from_secs(3);

/// The task that follows where addresses lead; ends with the last that needs it.
#[derive(Debug)]
pub(crate) struct LookUp(JoinHandle<()>);

impl LookUp {
    pub(crate) fn start(addresses: Vec<Uri>, changes: Sender<Change<SocketAddr, Endpoint>>) -> Self {
        Self(tokio::spawn(follow(addresses, changes)))
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Keeps the channel's replicas those that the addresses lead to.
async fn follow(addresses: Vec<Uri>, changes: Sender<Change<SocketAddr, Endpoint>>) {
    let mut known: HashSet<SocketAddr> = HashSet::new();
    loop {
        let found = look_up(&addresses).await;
        // Nothing at all is more likely a name server that is away than a service without replicas.
        if !found.is_empty() {
            for gone in known.difference(&found) {
                if changes.send(Change::Remove(*gone)).await.is_err() {
                    return;
                }
            }
            for new in found.difference(&known) {
                let Ok(endpoint) = Endpoint::from_shared(format!("http://{new}")) else { continue };
                if changes.send(Change::Insert(*new, tuned(endpoint))).await.is_err() {
                    return;
                }
            }
            known = found;
        }
        tokio::time::sleep(LOOK_UP).await;
    }
}

async fn look_up(addresses: &[Uri]) -> HashSet<SocketAddr> {
    let mut found = HashSet::new();
    for uri in addresses {
        let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else { continue };
        match tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await {
            Ok(addresses) => found.extend(addresses),
            Err(error) => tracing::warn!(host, %error, "a peer's name cannot be looked up"),
        }
    }
    found
}
