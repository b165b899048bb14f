//! Invoicing through its real gRPC server, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod approvals;
mod at_size;
mod audit;
mod bad_debts;
mod bad_input;
mod batches;
mod books;
mod carried_forward;
mod changes;
mod complete;
mod compression;
mod concurrency;
mod credits;
mod customer_credits;
mod damage;
mod documents;
mod events;
mod extensions;
mod frozen;
mod installments;
mod isolation;
mod known_at;
mod lists;
mod metadata;
mod periods;
mod plans;
mod settling;
mod setup;
mod tenants;
mod tolerances;
mod webhooks;
