//! The client used by services and tools: adds token, tenant, trace and deadline to every call.

use std::{sync::Arc, time::Duration};

use http::Uri;
use quittance_kernel::TenantId;
use quittance_runtime::{Parent, written::Writes};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
};

use crate::{TENANT_KEY, TlsConfig, TlsError, propagation::Outgoing, replicas::Replicas, retry::Retry};

/// A channel that adds what every call needs, and retries while the server is unavailable.
pub type Client = InterceptedService<Retry, CallMetadata>;

/// Why a client could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address cannot be fetched.
    #[error("{0:?} is not an address of a server such as http://127.0.0.1:7400")]
    Address(String),
    /// Why certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The token has characters that metadata cannot carry.
    #[error("the token has characters that metadata cannot carry")]
    Token,
}

/// A client, for one tenant, of a server behind one or several addresses such as `http://127.0.0.1:7400`; it connects when the first call is made.
/// A call is retried, at another replica or with growing waits, while the server is unavailable and the call's deadline has not passed.
pub fn connect<A: AsRef<str>>(
    addresses: &[A],
    token: &str,
    tenant: Option<TenantId>,
    deadline: Duration,
) -> Result<Client, CallError> {
    connect_over(addresses, &TlsConfig::default(), token, tenant, deadline, u32::MAX, Writes::default())
}

/// The same; `tls` has the authorities to trust beside the system's, and the certificate to present, for https addresses;
/// `attempts` is how often a call is made in all while the server is unavailable. A call sees what earlier ones have written, and `writes` before them.
pub fn connect_over<A: AsRef<str>>(
    addresses: &[A],
    tls: &TlsConfig,
    token: &str,
    tenant: Option<TenantId>,
    deadline: Duration,
    attempts: u32,
    writes: Writes,
) -> Result<Client, CallError> {
    let channel = Retry::new(replicas(addresses, tls, server_address)?, attempts, writes);
    Ok(InterceptedService::new(channel, CallMetadata::new(token, tenant, deadline)?))
}

/// The server behind the addresses, each parsed by `read`.
pub(crate) fn replicas<A: AsRef<str>>(
    addresses: &[A],
    tls: &TlsConfig,
    read: impl Fn(&str) -> Result<Uri, CallError>,
) -> Result<Arc<Replicas>, CallError> {
    let addresses = addresses.iter().map(|address| read(address.as_ref())).collect::<Result<Vec<Uri>, _>>()?;
    if addresses.is_empty() {
        return Err(CallError::Address(String::new()));
    }
    if let (true, Err(error)) = (addresses.iter().any(|address| address.scheme_str() == Some("https")), tls.channel(""))
    {
        return Err(error.into());
    }
    Ok(Replicas::follow(addresses, tls.clone()))
}

/// Reads the address of a server: `http://` or `https://` and a name; without a port, that of the scheme.
fn server_address(address: &str) -> Result<Uri, CallError> {
    let uri: Option<Uri> = address.parse().ok();
    uri.filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
    .ok_or_else(|| CallError::Address(address.to_owned()))
}

/// Reads the address of a service of ours: `http://` or `https://`, a name and a port.
///
/// # Errors
/// Not an address of a service.
pub fn peer_address(address: &str) -> Result<Uri, CallError> {
    let uri = server_address(address)?;
    if uri.port_u16().is_some() { Ok(uri) } else { Err(CallError::Address(address.to_owned())) }
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
        if let Some(here) = Parent::here() {
            here.inject(&mut Outgoing(metadata));
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_name() {
        for right in ["http://invoicing:7400", "https://[::1]:7400"] {
            assert!(peer_address(right).is_ok(), "{right}");
            assert!(server_address(right).is_ok(), "{right}");
        }
        assert!(server_address("https://quittance.example").is_ok(), "the port is that of the scheme");
        assert!(peer_address("https://invoicing").is_err(), "a service of ours listens at neither 80 nor 443");
        for wrong in ["", "invoicing:7400", "ftp://invoicing:1", "http://", "http://:7400", "/invoicing"] {
            assert!(server_address(wrong).is_err(), "{wrong}");
            assert!(peer_address(wrong).is_err(), "{wrong}");
        }
    }
}
