//! Settings of every connection to a server.

use std::time::Duration;

use tonic::transport::Endpoint;

/// Keep-alive: a server that is gone or hangs is noticed within seconds.
pub(crate) fn tuned(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(5))
        .keep_alive_timeout(Duration::from_secs(5))
}
