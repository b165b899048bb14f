//! Policies as versioned data: a draft is activated, is in force from a date until another of its kind is, and never changes. What a policy says is its
//! service's.

pub mod db;
mod error;
mod policy;

pub use error::PolicyError;
pub use policy::{Activation, Content, Policy, State};

/// The migrations of policies, which run before a service's own.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");
