//! The result of checking an invariant in a service's database.

/// The result of a check.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// How many documents, entries or sums were compared.
    pub checked: i64,
    /// How many of them violate the rule.
    pub violations: i64,
    /// The first violations, at most 20, in words.
    pub examples: Vec<String>,
}

/// An invariant and the result of its check.
#[derive(Debug, Clone)]
pub struct Invariant {
    /// The invariant's number, 0 for a rule of the service's own.
    pub number: i32,
    /// The rule, in words.
    pub rule: &'static str,
    /// The result of the check.
    pub found: Found,
}
