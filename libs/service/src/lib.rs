//! The common parts of all services: the runner of operations, the state behind a service's calls, and the errors that
//! every call can return.
//!
//! An operation is a type, its command, with one function. The runner opens the transaction, looks up the request, writes the events and the
//! response, commits, retries conflicts, and wakes the relay.

mod call;
mod coalescer;
mod command_hash;
mod error;
mod etag;
mod list;
mod operation;
mod query;
mod runner;
mod settings;
mod state;
mod view;
mod write;

pub use call::{BatchCall, Call, Envelope, entries, parse, parse_batch};
pub use command_hash::{CommandHash, command_hash};
pub use error::{CommonError, ServiceError};
pub use etag::Etag;
pub use list::read_places;
pub use operation::{Batch, BatchOperation, Operation};
pub use query::{Query, query};
pub use quittance_events::Event;
pub use runner::Outcome;
pub use settings::Settings;
pub use state::State;
pub use view::{Viewed, Views, response_fits};
pub use write::{ApprovedCall, Write};
