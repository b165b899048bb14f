//! credit-risk.

pub mod domain;
