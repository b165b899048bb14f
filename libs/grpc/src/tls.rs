//! TLS: our certificate, the trusted authorities, and their reload while the process runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::{
    self, ClientConfig, RootCertStore, ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// The certificates of a process, for its listener and for its calls to others. All are PEM files, read again when they change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsConfig {
    /// Our certificate with its chain (PEM). With it the listener speaks TLS, and calls to other services present it
    pub certificate: Option<PathBuf>,
    /// The private key of our certificate (PEM)
    pub key: Option<PathBuf>,
    /// Certificates (PEM) that are trusted beside the system's when we call other services, a collector or an issuer of keys
    pub ca: Option<PathBuf>,
    /// Callers have to present a certificate signed by one of these (PEM): mutual TLS
    pub client_ca: Option<PathBuf>,
}

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or has no usable content.
    #[error("{}: {why}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The reason.
        why: String,
    },
    /// A peer's address and our certificates do not go together.
    #[error("calling: {0}")]
    Peer(String),
    /// The contents do not match.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl TlsConfig {
    /// Everything that is wrong with it, each with the name of the setting.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.certificate.is_some() != self.key.is_some() {
            problems.push("tls.certificate and tls.key: both or none".to_owned());
        }
        if self.client_ca.is_some() && self.certificate.is_none() {
            problems.push("tls.client_ca: needs tls.certificate and tls.key".to_owned());
        }
        if problems.is_empty() {
            if let Err(error) = self.server_config() {
                problems.push(format!("tls.certificate, tls.key or tls.client_ca: {error}"));
            }
            if let Err(error) = self.trust().client_config() {
                problems.push(format!("tls.ca: {error}"));
            }
        }
        problems
    }

    /// The authorities trusted in our calls.
    pub fn trust(&self) -> Trust {
        Trust { ca: self.ca.clone() }
    }

    /// The listener's configuration; `None` without a certificate.
    fn server_config(&self) -> Result<Option<Arc<ServerConfig>>, TlsError> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else { return Ok(None) };
        let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let builder = match &self.client_ca {
            Some(file) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(file)?), provider()).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| bad(file, &error))?)
            }
            None => builder.with_no_client_auth(),
        };
        let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, &error))?;
        let mut config = builder.with_single_cert(certificates(certificate)?, key_der)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(Arc::new(config)))
    }

    /// The TLS configuration of a channel to `host`.
    pub(crate) fn channel(&self, host: &str) -> Result<ClientTlsConfig, TlsError> {
        let mut config = ClientTlsConfig::new().with_enabled_roots().domain_name(host);
        if let Some(file) = &self.ca {
            config = config.ca_certificate(Certificate::from_pem(read(file)?));
        }
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            config = config.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        Ok(config)
    }

    /// When the files were last changed, to notice further changes.
    pub(crate) fn changed_at(&self) -> Vec<Option<SystemTime>> {
        let files = [&self.certificate, &self.key, &self.ca, &self.client_ca];
        // Kubernetes swaps a symbolic link to the folder: the link's target is checked.
        files.map(|file| fs::metadata(file.as_ref()?).ok()?.modified().ok()).to_vec()
    }
}

/// The authorities trusted in our calls: the system's, and those of a file.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    ca: Option<PathBuf>,
}

impl Trust {
    /// The configuration of a client without a certificate.
    ///
    /// # Errors
    /// A certificate of an authority cannot be read.
    pub fn client_config(&self) -> Result<ClientConfig, TlsError> {
        let mut store = RootCertStore::empty();
        // System authorities that cannot be read are skipped.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = &self.ca {
            for certificate in certificates(file)? {
                store.add(certificate).map_err(|error| bad(file, &error))?;
            }
        }
        let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        Ok(builder.with_root_certificates(store).with_no_client_auth())
    }
}

/// The listener's side of TLS; the files are read again when they have changed.
#[derive(Debug)]
pub(crate) struct Acceptor {
    config: TlsConfig,
    current: Mutex<(Vec<Option<SystemTime>>, Arc<ServerConfig>)>,
}

impl Acceptor {
    /// `None` without a certificate: the listener speaks plain text.
    pub(crate) fn new(config: &TlsConfig) -> Result<Option<Self>, TlsError> {
        let changed_at = config.changed_at();
        let server = config.server_config()?;
        Ok(server.map(|server| Self { config: config.clone(), current: Mutex::new((changed_at, server)) }))
    }

    /// The configuration for the next connection.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let changed_at = self.config.changed_at();
        if changed_at != current.0 {
            match self.config.server_config() {
                Ok(Some(server)) => *current = (changed_at, server),
                Ok(None) => {}
                // Perhaps only one file of the pair is new: the old certificate is used until both match.
                Err(error) => tracing::warn!(%error, "the changed certificate is not used yet"),
            }
        }
        Arc::clone(&current.1)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn bad(file: &Path, error: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { file: file.to_owned(), why: error.to_string() }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|error: io::Error| bad(file, &error))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(file).map_err(|error| bad(file, &error))?;
    let all: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| bad(file, &error))?;
    if all.is_empty() { Err(bad(file, &"it has no certificate")) } else { Ok(all) }
}

fn roots(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(file)? {
        store.add(certificate).map_err(|error| bad(file, &error))?;
    }
    Ok(store)
}
