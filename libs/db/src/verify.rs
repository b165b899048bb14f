//! What a check of an invariant found, in every service's store.

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// How many documents, entries or sums were compared.
    pub checked: i64,
    /// How many of them broke the rule.
    pub drifted: i64,
    /// The first of them, in words.
    pub examples: Vec<String>,
}

/// An invariant, and what its check found.
#[derive(Debug, Clone)]
pub struct Invariant {
    /// The invariant's number, 0 for a rule of the service's own.
    pub number: i32,
    /// The rule, in words.
    pub rule: &'static str,
    /// What the check found.
    pub found: Found,
}
