//! The database: SQL, one file per aggregate or projection. Free functions on a transaction of one tenant.

pub(crate) mod allocation;
pub(crate) mod import;
pub(crate) mod item;
pub(crate) mod match_key;
pub(crate) mod payer;
pub(crate) mod payment;
pub(crate) mod payment_list;
pub(crate) mod policy;
pub(crate) mod projection;
pub(crate) mod review;
pub(crate) mod statistics;
pub(crate) mod tolerance;
pub(crate) mod unfinished;
pub(crate) mod verify;

#[cfg(test)]
mod list_tests;
