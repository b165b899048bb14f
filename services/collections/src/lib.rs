//! collections.

pub mod domain;
