//! Invoicing through its real gRPC server, on a real PostgreSQL.

mod bad_input;
mod books;
mod concurrency;
mod documents;
mod events;
mod isolation;
mod settling;
mod setup;
