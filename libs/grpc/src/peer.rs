//! A client of another of our services.

use std::{sync::Arc, time::Duration};

use quittance_kernel::{Clock, TenantId};
use quittance_runtime::written::Writes;
use tonic::service::interceptor::InterceptedService;

use crate::{
    CallError, Client, TlsConfig, Tokens,
    client::{CallMetadata, peer_address, replicas},
    replicas::Replicas,
    retry::Retry,
};

/// Lifetime of a service's own token; a new one is signed for each tenant's client.
const TOKEN_MINUTES: i64 = 10;
/// How often a service tries a call before it gives up.
const ATTEMPTS: u32 = 4;

/// Another service, called with our own tokens (scope `internal`), for any tenant.
#[derive(Debug, Clone)]
pub struct Peer {
    replicas: Arc<Replicas>,
    tokens: Tokens,
    clock: Clock,
    subject: &'static str,
}

impl Peer {
    /// The service behind one or several addresses such as `https://invoicing:7400`, called in the name of `subject`, with our certificate where it is https.
    /// Connects when the first call is made.
    pub fn new<A: AsRef<str>>(
        addresses: &[A],
        subject: &'static str,
        tokens: Tokens,
        clock: Clock,
        tls: &TlsConfig,
    ) -> Result<Self, CallError> {
        let replicas = replicas(addresses, tls, peer_address)?;
        Ok(Self { replicas, tokens, clock, subject })
    }

    /// A client for one tenant.
    pub fn for_tenant(&self, tenant: TenantId, deadline: Duration) -> Result<Client, CallError> {
        let lifetime = chrono::Duration::minutes(TOKEN_MINUTES);
        let token = self
            .tokens
            .sign(self.subject, &[&tenant.to_string()], "internal", self.clock.now(), lifetime)
            .map_err(|_| CallError::Token)?;
        let channel = Retry::new(Arc::clone(&self.replicas), ATTEMPTS, Writes::default()).of_service(self.subject);
        Ok(InterceptedService::new(channel, CallMetadata::new(&token, Some(tenant), deadline)?))
    }
}
