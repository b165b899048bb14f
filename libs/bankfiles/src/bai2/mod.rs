//! BAI2 balance reports (Cash Management Balance Reporting, version 2) and their successor BTRS (ANSI X9.121, version
//! 3): file, groups, accounts, transactions. One statement per account record.

mod codes;
mod information;
mod record;
mod report;
mod transaction;

use std::io::BufRead;

use crate::{Event, Place, Refusal};

/// Reads a report. Returns `bai2`, or `btrs` for version 3.
///
/// # Errors
/// [`Refusal`] if the file has no account record, or cannot be read.
pub fn read(input: &mut dyn BufRead, sink: &mut dyn FnMut(Event)) -> Result<String, Refusal> {
    let mut records = record::Records::new(input);
    let mut report = report::Report::new(sink);
    while let Some(record) = records.next()? {
        report.take(&record);
    }
    report.finish().ok_or_else(|| Refusal::one(Place::File, "the file has no account record (03) of BAI2"))
}

#[cfg(test)]
#[path = "bai2_tests.rs"]
mod tests;
