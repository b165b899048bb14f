//! The store: read models and the queries over them.

pub(crate) mod aging;
pub(crate) mod apply;
pub(crate) mod credit;
pub(crate) mod dispute;
pub(crate) mod kpi;
pub(crate) mod party;
pub(crate) mod verify;

#[cfg(test)]
mod plans_tests;
