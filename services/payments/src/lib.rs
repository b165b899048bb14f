//! payments.

pub mod domain;
