//! The client that services and tools share: adds token, tenant, trace and deadline to every call.

use std::time::Duration;

use quittance_kernel::{Clock, TenantId};
use quittance_runtime::trace;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use crate::{TENANT_KEY, Tokens};

/// A channel that adds what every call needs.
pub type Client = InterceptedService<Channel, CallMetadata>;

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address.
    #[error("{0} is no address of a server")]
    Address(String),
    /// The token has characters that metadata cannot carry.
    #[error("the token has characters that metadata cannot carry")]
    Token,
}

/// Connects, when the first call is made, to a server such as `http://127.0.0.1:7400`, for one tenant.
pub fn connect(address: &str, token: &str, tenant: Option<TenantId>, deadline: Duration) -> Result<Client, CallError> {
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| CallError::Address(address.to_owned()))?;
    let channel = endpoint.connect_timeout(Duration::from_secs(5)).tcp_nodelay(true).connect_lazy();
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

/// Another service, called with tokens of our own (scope `internal`), for any tenant.
#[derive(Debug, Clone)]
pub struct Peer {
    channel: Channel,
    tokens: Tokens,
    clock: Clock,
    subject: &'static str,
}

/// How long a service's own token lasts; a new one is signed for each tenant's client.
const TOKEN_MINUTES: i64 = 10;

impl Peer {
    /// The service at an address, called in the name of `subject`. Connects when the first call is made.
    pub fn new(address: &str, subject: &'static str, tokens: Tokens, clock: Clock) -> Result<Self, CallError> {
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| CallError::Address(address.to_owned()))?;
        let channel = endpoint.connect_timeout(Duration::from_secs(5)).tcp_nodelay(true).connect_lazy();
        Ok(Self { channel, tokens, clock, subject })
    }

    /// A client for one tenant.
    pub fn for_tenant(&self, tenant: TenantId, deadline: Duration) -> Result<Client, CallError> {
        let lifetime = chrono::Duration::minutes(TOKEN_MINUTES);
        let token = self
            .tokens
            .sign(self.subject, &[&tenant.to_string()], "internal", self.clock.now(), lifetime)
            .map_err(|_| CallError::Token)?;
        Ok(InterceptedService::new(self.channel.clone(), CallMetadata::new(&token, Some(tenant), deadline)?))
    }
}
