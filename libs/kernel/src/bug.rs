//! Bugs: violated internal invariants.

/// A violated internal invariant: the program has a bug, and a retry does not help. It is logged, counted and returned as `INTERNAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot happen: {0}")]
pub struct Bug(pub &'static str);
