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
