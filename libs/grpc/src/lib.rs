//! gRPC server and client: one layer around every call (trace, token and scope, deadline, the form of errors), requests parsed with everything that is
//! wrong with them, faults with google.rpc details, page tokens, the server, JSON over HTTP and gRPC-Web, and the client that services and tools share.

mod after;
mod auth;
mod batch;
mod call_record;
mod client;
mod deadline;
mod endpoint;
mod entry;
mod fault;
mod fields;
mod layer;
mod mask;
mod metadata;
mod order;
mod page;
mod peer;
mod propagation;
mod ranges;
mod replicas;
mod retry;
mod server;
mod status;
mod tls;
mod tolerance;
mod violations;
mod web;
mod write_off;

pub use after::{AfterWrites, Reading};
pub use auth::{BadKeys, Claims, KeySet, KeySource, Refused, TokenRules, Tokens, Verifier, refresh_keys};
pub use batch::{BATCH_SIZE_OUT_OF_RANGE, MAX_BATCH, check_batch, filter_ids, filter_values, ids};
pub use client::{CallError, CallMetadata, Client, connect, connect_over, peer_address};
pub use entry::entry_status;
pub use fault::{Fault, db_fault, error_info, internal, reason_of};
pub use fields::{
    currency, date, decimal, filter_line, id, message, money, optional_date, optional_id, optional_line,
    optional_positive_money, optional_text, percent, positive_money, request_id, required, text, whole_seconds,
};
pub use layer::{CallLayer, Caller};
pub use mask::Mask;
pub use metadata::{filter_metadata, metadata, metadata_change};
pub use order::{OrderBy, order_by};
pub use page::{Page, PageToken};
pub use peer::Peer;
pub use ranges::{amount_range, date_range, known_at, time_range};
pub use retry::Retry;
pub use server::{Limits, ServeError, ServeOptions, Served, ServedRoutes, routes, serve};
pub use status::{ledger, stream_status};
pub use tls::{TlsConfig, TlsError, Trust};
pub use tolerance::tolerance_policy;
pub use violations::{Violation, Violations};
pub use web::CorsConfig;
pub use write_off::write_off;

/// The metadata key that names the tenant of a call.
pub const TENANT_KEY: &str = "quittance-tenant";
/// The metadata key of a call with the person that its caller acts for.
pub const ON_BEHALF_OF_KEY: &str = "quittance-on-behalf-of";
/// The metadata key of a response with the id under which logs and traces have the call.
pub const TRACE_KEY: &str = "quittance-trace";
/// The metadata key of a response with the last event of each area that the call has written.
pub const WRITTEN_KEY: &str = "quittance-written";
/// The metadata key of a call with what it is to see: the value of [`WRITTEN_KEY`] of earlier calls.
pub const AFTER_KEY: &str = "quittance-after";
/// The domain of every reason.
pub const DOMAIN: &str = "quittance.dev";
/// Largest message a server takes, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// Largest body of a message in JSON, in bytes. Bytes are a third longer there.
pub const MAX_JSON_BYTES: usize = 6 * 1024 * 1024;
/// The most bytes of the resources of a page or a batch. With what surrounds them a response stays below what clients take by default, 4 MiB.
pub const MAX_RESPONSE_BYTES: usize = 3 * 1024 * 1024;
