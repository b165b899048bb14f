//! Batches in requests.

use quittance_kernel::BadId;

use crate::{Violations, id};

/// The most entries of a batch.
pub const MAX_BATCH: usize = 1_000;
/// The reason for a batch that is empty or too long.
pub const BATCH_SIZE_OUT_OF_RANGE: &str = "BATCH_SIZE_OUT_OF_RANGE";

/// The ids of a batch, 1 to 1,000.
pub fn ids<T>(
    bad: &mut Violations,
    field: &str,
    values: &[String],
    parse: fn(&str) -> Result<T, BadId>,
) -> Option<Vec<T>> {
    if values.is_empty() || values.len() > MAX_BATCH {
        bad.add(field, BATCH_SIZE_OUT_OF_RANGE, format!("has 1 to {MAX_BATCH} entries, not {}", values.len()));
        return None;
    }
    let read = values.iter().enumerate().map(|(i, value)| bad.check(&format!("{field}[{i}]"), id(value, parse)));
    // Not short-circuited: all that is wrong is said.
    let read: Vec<Option<T>> = read.collect();
    read.into_iter().collect()
}
