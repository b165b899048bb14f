//! Connection flags of the commands that call a running suite.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use quittance_grpc::{CallError, Client, TlsConfig, connect_over};
use quittance_kernel::TenantId;
use quittance_runtime::written::Writes;

use crate::{data, up};

/// How often an unavailable server is tried: for about two seconds.
const ATTEMPTS: u32 = 6;

/// Connection to a running suite.
#[derive(Debug, Clone, Args)]
pub(crate) struct ClientFlags {
    /// The server
    #[arg(long, env = "QUITTANCE_SERVER", default_value = "http://127.0.0.1:7400")]
    pub(crate) server: String,
    /// Authorities (PEM) to trust for a server with https, beside the system's
    #[arg(long)]
    ca: Option<PathBuf>,
    /// The client certificate (PEM), if the server requires one
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// The private key of the client certificate (PEM)
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// The data folder of a local `quittance up`, whose key signs the token
    #[arg(long, default_value = up::DATA)]
    data: PathBuf,
    /// A token, instead of one signed with the data folder's key
    #[arg(long, env = "QUITTANCE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The tenant; default: the data folder's development tenant
    #[arg(long, env = "QUITTANCE_TENANT", value_parser = parse_tenant)]
    tenant: Option<TenantId>,
    /// How long to wait for a response, in seconds
    #[arg(long, default_value_t = 60)]
    timeout_s: u64,
}

pub(crate) fn parse_tenant(text: &str) -> Result<TenantId, String> {
    TenantId::parse(text).map_err(|error| error.to_string())
}

impl ClientFlags {
    /// A client; it connects with the first call, and retries an unavailable server for a few seconds.
    pub(crate) fn connect(&self) -> anyhow::Result<Client> {
        self.connect_after(Writes::default())
    }

    /// The same, of which each call sees these writes.
    pub(crate) fn connect_after(&self, writes: Writes) -> anyhow::Result<Client> {
        let token = match &self.token {
            Some(token) => token.clone(),
            None => up::development_token(&data::existing_tokens(&self.data)?)?,
        };
        let tenant = self.tenant()?;
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        let tls = TlsConfig { ca: self.ca.clone(), certificate, key, client_ca: None };
        let deadline = Duration::from_secs(self.timeout_s);
        let client: Result<Client, CallError> =
            connect_over(&[&self.server], &tls, &token, Some(tenant), deadline, ATTEMPTS, writes);
        Ok(client?)
    }

    /// The tenant of the calls.
    pub(crate) fn tenant(&self) -> anyhow::Result<TenantId> {
        match self.tenant {
            Some(tenant) => Ok(tenant),
            None => up::development_tenant(&self.data),
        }
    }

    /// The addresses tried, for the error when no server responds.
    pub(crate) fn tried(&self) -> String {
        format!("tried {}", self.server)
    }
}
