//! Where a peer's addresses lead, followed for as long as anybody calls it.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    time::Duration,
};

use http::Uri;
use tokio::{sync::mpsc::Sender, task::JoinHandle};
use tonic::transport::{Endpoint, channel::Change};

use crate::{TlsConfig, TlsError, endpoint::tuned};

/// How often names are looked up again: replicas come and go.
const LOOK_UP: Duration = Duration::from_secs(3);

/// The task that follows where addresses lead; ends with the last that needs it.
#[derive(Debug)]
pub(crate) struct LookUp(JoinHandle<()>);

impl LookUp {
    pub(crate) fn start(addresses: Vec<Uri>, tls: TlsConfig, changes: Sender<Change<SocketAddr, Endpoint>>) -> Self {
        Self(tokio::spawn(follow(addresses, tls, changes)))
    }
}

impl Drop for LookUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Keeps the channel's replicas those that the addresses lead to, reached with the certificates of the moment.
async fn follow(addresses: Vec<Uri>, tls: TlsConfig, changes: Sender<Change<SocketAddr, Endpoint>>) {
    let mut known: HashSet<SocketAddr> = HashSet::new();
    let mut tls_changed_at = tls.changed_at();
    loop {
        let found = look_up(&addresses).await;
        let changed_at = tls.changed_at();
        let is_renewed = changed_at != tls_changed_at;
        // Nothing at all is more likely a name server that is away than a service without replicas.
        if !found.is_empty() {
            for gone in known.iter().filter(|known| is_renewed || !found.contains_key(known)) {
                if changes.send(Change::Remove(*gone)).await.is_err() {
                    return;
                }
            }
            for (address, uri) in found.iter().filter(|(address, _)| is_renewed || !known.contains(address)) {
                match endpoint(*address, uri, &tls) {
                    Ok(endpoint) => {
                        if changes.send(Change::Insert(*address, endpoint)).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => tracing::warn!(%address, %error, "a peer cannot be called"),
                }
            }
            known = found.into_keys().collect();
            tls_changed_at = changed_at;
        }
        tokio::time::sleep(LOOK_UP).await;
    }
}

/// One replica: reached by its address, and known by the name that was looked up.
fn endpoint(address: SocketAddr, uri: &Uri, tls: &TlsConfig) -> Result<Endpoint, TlsError> {
    let scheme = uri.scheme_str().unwrap_or("http");
    let unusable = |error: tonic::transport::Error| TlsError::Peer(quittance_runtime::error_chain(&error));
    let mut endpoint = Endpoint::from_shared(format!("{scheme}://{address}")).map_err(unusable)?;
    if scheme == "https" {
        endpoint = endpoint.tls_config(tls.channel(uri.host().unwrap_or_default())?).map_err(unusable)?;
    }
    Ok(tuned(endpoint))
}

async fn look_up(addresses: &[Uri]) -> HashMap<SocketAddr, Uri> {
    let mut found = HashMap::new();
    for uri in addresses {
        let (Some(host), Some(port)) = (uri.host(), uri.port_u16()) else { continue };
        match tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await {
            Ok(addresses) => found.extend(addresses.map(|address| (address, uri.clone()))),
            Err(error) => tracing::warn!(host, %error, "a peer's name cannot be looked up"),
        }
    }
    found
}
