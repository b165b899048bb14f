//! The published list of currencies and their minor units.

use std::{collections::BTreeMap, fs};

use chrono::NaiveDate;
use quittance_kernel::Currency;

use crate::Corpus;

/// What a list says: minor units by code.
pub type Published = BTreeMap<String, u32>;

/// The list of the corpus, of 2024-06-25.
pub fn published(corpus: &Corpus) -> Published {
    let text = fs::read_to_string(corpus.set("reference/iso4217").join("iso4217_minor_units.csv")).unwrap();
    // currency,numeric,minor_units,...: the names that follow may hold commas, the first three columns do not.
    let rows = text.lines().filter_map(|line| {
        let mut fields = line.split(',');
        let code = fields.next()?;
        let minor_units = fields.nth(1)?.parse().ok()?;
        Some((code.to_owned(), minor_units))
    });
    rows.collect()
}

/// The currencies we know to be in use on the list's day.
pub fn known() -> Published {
    let then = NaiveDate::from_ymd_opt(2024, 6, 25).unwrap();
    let in_use = Currency::all().filter(|currency| currency.is_in_use_on(then));
    in_use.map(|currency| (currency.code().to_owned(), currency.minor_units())).collect()
}
