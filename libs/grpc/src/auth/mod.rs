//! Tokens: who calls, for which tenants, and what they may do.

mod claims;
mod keys;
mod source;
mod tokens;
mod verifier;

pub(crate) use claims::ACT_FOR;
pub use claims::Claims;
pub use keys::{BadKeys, KeySet};
pub use source::{KeySource, refresh_keys};
pub use tokens::Tokens;
pub(crate) use verifier::record_refusal;
pub use verifier::{Refused, TokenRules, Verifier};
