//! Another service: calls are spread over its replicas, wherever its addresses lead at the moment.

use std::{sync::Arc, time::Duration};

use http::Uri;
use quittance_kernel::{Clock, TenantId};
use tonic::{service::interceptor::InterceptedService, transport::Channel};

use crate::{CallError, Client, TlsConfig, Tokens, client::CallMetadata, look_up::LookUp, retry::Retry};

/// How long a service's own token lasts; a new one is signed for each tenant's client.
const TOKEN_MINUTES: i64 = 10;
/// How often a service tries before it goes on without the answer.
const ATTEMPTS: u32 = 4;

/// Another service, called with tokens of our own (scope `internal`), for any tenant.
#[derive(Debug, Clone)]
pub struct Peer {
    channel: Channel,
    tokens: Tokens,
    clock: Clock,
    subject: &'static str,
    look_up: Arc<LookUp>,
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
        let addresses: Vec<Uri> =
            addresses.iter().map(|address| peer_address(address.as_ref())).collect::<Result<_, _>>()?;
        if addresses.is_empty() {
            return Err(CallError::Address(String::new()));
        }
        let (channel, changes) = Channel::balance_channel(64);
        let look_up = Arc::new(LookUp::start(addresses, tls.clone(), changes));
        Ok(Self { channel, tokens, clock, subject, look_up })
    }

    /// A client for one tenant.
    pub fn for_tenant(&self, tenant: TenantId, deadline: Duration) -> Result<Client, CallError> {
        let lifetime = chrono::Duration::minutes(TOKEN_MINUTES);
        let token = self
            .tokens
            .sign(self.subject, &[&tenant.to_string()], "internal", self.clock.now(), lifetime)
            .map_err(|_| CallError::Token)?;
        let channel = Retry::new(self.channel.clone(), ATTEMPTS, Some(Arc::clone(&self.look_up)));
        Ok(InterceptedService::new(channel, CallMetadata::new(&token, Some(tenant), deadline)?))
    }
}

/// Reads the address of a service: `http://` or `https://`, a name and a port.
///
/// # Errors
/// It is none.
pub fn peer_address(address: &str) -> Result<Uri, CallError> {
    let wrong = || CallError::Address(address.to_owned());
    let uri: Uri = address.parse().map_err(|_| wrong())?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    if is_http && uri.port_u16().is_some() { Ok(uri) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_port() {
        assert!(peer_address("http://invoicing:7400").is_ok());
        assert!(peer_address("https://invoicing:7400").is_ok());
        for wrong in ["", "invoicing:7400", "http://invoicing", "ftp://invoicing:1", "http://"] {
            assert!(peer_address(wrong).is_err(), "{wrong}");
        }
    }
}
