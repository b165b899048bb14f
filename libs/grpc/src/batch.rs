//! Batches in requests.

use quittance_kernel::{BadId, reason::FIELD_REQUIRED};

use crate::{Violations, id};

/// The most entries of a batch.
pub const MAX_BATCH: usize = 1_000;
/// The reason for a batch that is empty or too long.
pub const BATCH_SIZE_OUT_OF_RANGE: &str = "BATCH_SIZE_OUT_OF_RANGE";

/// Checks that a batch has between one and the most entries.
pub fn check_batch(bad: &mut Violations, field: &str, count: usize) {
    if count == 0 || count > MAX_BATCH {
        bad.add(field, BATCH_SIZE_OUT_OF_RANGE, format!("has 1 to {MAX_BATCH} entries, not {count}"));
    }
}

/// The most values of a filter.
const MAX_FILTER: usize = 100;

/// The ids of a filter, at most 100; none mean no filter.
pub fn filter_ids<T>(
    bad: &mut Violations,
    field: &str,
    values: &[String],
    parse: fn(&str) -> Result<T, BadId>,
) -> Option<Vec<T>> {
    if values.len() > MAX_FILTER {
        bad.add(field, "FILTER_TOO_LONG", format!("has more than {MAX_FILTER} values"));
        return None;
    }
    read_ids(bad, field, values, parse)
}

/// The values of an enum in a filter; none mean no filter. `read` returns `None` for the value that says nothing.
pub fn filter_values<E, T>(
    bad: &mut Violations,
    field: &str,
    values: impl Iterator<Item = E>,
    read: impl Fn(E) -> Option<T>,
) -> Option<Vec<T>> {
    let read = values.enumerate().map(|(i, value)| {
        let value = read(value).ok_or((FIELD_REQUIRED, "names no value".to_owned()));
        bad.check(&format!("{field}[{i}]"), value)
    });
    let read: Vec<Option<T>> = read.collect();
    read.into_iter().collect()
}

/// The ids of a batch, 1 to 1,000.
pub fn ids<T>(
    bad: &mut Violations,
    field: &str,
    values: &[String],
    parse: fn(&str) -> Result<T, BadId>,
) -> Option<Vec<T>> {
    check_batch(bad, field, values.len());
    if values.len() > MAX_BATCH {
        return None;
    }
    read_ids(bad, field, values, parse)
}

fn read_ids<T>(
    bad: &mut Violations,
    field: &str,
    values: &[String],
    parse: fn(&str) -> Result<T, BadId>,
) -> Option<Vec<T>> {
    let read = values.iter().enumerate().map(|(i, value)| bad.check(&format!("{field}[{i}]"), id(value, parse)));
    // Not short-circuited: all that is wrong is said.
    let read: Vec<Option<T>> = read.collect();
    read.into_iter().collect()
}
