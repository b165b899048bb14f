//! The client that services and tools share: adds token, tenant, trace and deadline to every call.

use std::time::Duration;

use quittance_kernel::TenantId;
use quittance_runtime::trace;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Endpoint,
};

use crate::{TENANT_KEY, TlsConfig, TlsError, endpoint::tuned, retry::Retry};

/// A channel that adds what every call needs, and makes a call again while the server is away.
pub type Client = InterceptedService<Retry, CallMetadata>;

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address.
    #[error("{0:?} is not an address of a server such as http://127.0.0.1:7400")]
    Address(String),
    /// The certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The token has characters that metadata cannot carry.
    #[error("the token has characters that metadata cannot carry")]
    Token,
}

/// Connects, when the first call is made, to a server such as `http://127.0.0.1:7400`, for one tenant.
/// A call is made again, with growing waits, while the server is away and the call's deadline has not passed.
pub fn connect(address: &str, token: &str, tenant: Option<TenantId>, deadline: Duration) -> Result<Client, CallError> {
    connect_over(address, &TlsConfig::default(), token, tenant, deadline, u32::MAX)
}

/// The same; `tls` says whom to trust, beside the system's authorities, and what certificate to present, where the address is https;
/// `attempts` how often a call is made in all while the server is away.
pub fn connect_over(
    address: &str,
    tls: &TlsConfig,
    token: &str,
    tenant: Option<TenantId>,
    deadline: Duration,
    attempts: u32,
) -> Result<Client, CallError> {
    let wrong = || CallError::Address(address.to_owned());
    let mut endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| wrong())?;
    if let (Some("https"), Some(host)) = (endpoint.uri().scheme_str(), endpoint.uri().host().map(str::to_owned)) {
        endpoint = endpoint.tls_config(tls.channel(&host)?).map_err(|_| wrong())?;
    }
    let channel = Retry::new(tuned(endpoint).connect_lazy(), attempts, None);
    Ok(InterceptedService::new(channel, CallMetadata::new(token, tenant, deadline)?))
}

/// Token, tenant, trace and deadline of every call.
#[derive(Debug, Clone)]
pub struct CallMetadata {
    token: MetadataValue<Ascii>,
    tenant: Option<MetadataValue<Ascii>>,
    deadline: Duration,
}

impl CallMetadata {
    /// Metadata of calls with a token, for a tenant.
    pub fn new(token: &str, tenant: Option<TenantId>, deadline: Duration) -> Result<Self, CallError> {
        let token = format!("Bearer {token}").parse().map_err(|_| CallError::Token)?;
        let tenant = tenant.map(|t| t.to_string().parse()).transpose().map_err(|_| CallError::Token)?;
        Ok(Self { token, tenant, deadline })
    }
}

impl Interceptor for CallMetadata {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !request.metadata().contains_key("grpc-timeout") {
            request.set_timeout(self.deadline);
        }
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.token.clone());
        if let Some(tenant) = &self.tenant {
            metadata.insert(TENANT_KEY, tenant.clone());
        }
        if let Some(parent) = trace::current().and_then(|t| t.to_string().parse().ok()) {
            metadata.insert("traceparent", parent);
        }
        Ok(request)
    }
}
