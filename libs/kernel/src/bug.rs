//! Bugs: violated internal invariants.

/// A violated internal invariant: the program has a bug, and a retry does not help. It is logged, counted and returned as `INTERNAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot happen: {0}")]
pub struct Bug(pub &'static str);

/// A count that is small by its nature, as the contract has it.
pub fn count(number: impl TryInto<i32>) -> Result<i32, Bug> {
    number.try_into().map_err(|_| Bug("a count is out of range"))
}
