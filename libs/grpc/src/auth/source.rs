//! The source of the keys of callers' tokens, and their refresh while the process runs.

use std::{path::PathBuf, time::Duration};

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use prost::bytes::Bytes;
use quittance_runtime::Shutdown;

use super::{BadKeys, KeySet, Verifier};
use crate::tls::Trust;

/// The largest key set that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// Timeout of a fetch.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a file is read again.
const FILE_EVERY: Duration = Duration::from_secs(5);
/// The shortest time between two fetches caused by tokens with an unknown key.
const SOONEST: Duration = Duration::from_secs(10);

/// The source of a JSON Web Key Set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// An address with https, or with http on this machine.
    Address(http::Uri),
}

impl KeySource {
    /// Reads a setting: an address where it begins with `https://` or `http://`, else a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with("https://") && !text.starts_with("http://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let uri: http::Uri =
            text.parse().map_err(|_| "not an address such as https://idp.example/jwks.json".to_owned())?;
        let host = uri.host().unwrap_or_default();
        if uri.scheme_str() == Some("http") && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
            return Err("http only on this machine; use https".to_owned());
        }
        Ok(Self::Address(uri))
    }

    /// Reads the keys now.
    pub async fn load(&self, trust: &Trust) -> Result<KeySet, BadKeys> {
        match self {
            Self::File(file) => KeySet::from_file(file),
            Self::Address(address) => {
                let fetched = tokio::time::timeout(TIMEOUT, fetch(address, trust)).await;
                let text = fetched.unwrap_or_else(|_| Err("no response in time".to_owned()));
                let bad = |why| BadKeys::Address { address: address.to_string(), why };
                KeySet::parse(&text.map_err(bad)?, &address.to_string())
            }
        }
    }

    fn every(&self, address_every: Duration) -> Duration {
        match self {
            Self::File(_) => FILE_EVERY,
            Self::Address(_) => address_every,
        }
    }
}

async fn fetch(address: &http::Uri, trust: &Trust) -> Result<String, String> {
    let tls = trust.client_config().map_err(|error| error.to_string())?;
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let response = client.get(address.clone()).await.map_err(|error| quittance_runtime::error_chain(&error))?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status()));
    }
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await.map_err(|error| error.to_string())?;
    String::from_utf8(body.to_bytes().to_vec()).map_err(|_| "not text".to_owned())
}

/// Refreshes a verifier's keys from their source until shutdown: every few seconds from a file, at the interval `every` from an address, and soon after a
/// token with an unknown key. If the source cannot be read, the keys stay as they are.
pub async fn refresh_keys(
    source: KeySource,
    trust: Trust,
    every: Duration,
    verifier: Verifier,
    mut shutdown: Shutdown,
) {
    loop {
        tokio::select! {
            () = shutdown.triggered() => return,
            () = tokio::time::sleep(source.every(every)) => {}
            () = async {
                tokio::time::sleep(SOONEST).await;
                verifier.key_unknown().await;
            } => {}
        }
        match source.load(&trust).await {
            Ok(keys) => verifier.replace_keys(keys),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the key set was not refreshed"),
        }
    }
}
