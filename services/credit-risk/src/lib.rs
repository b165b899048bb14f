//! credit-risk.
