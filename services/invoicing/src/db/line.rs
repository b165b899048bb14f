//! The stored lines of an invoice: one JSON array in the invoice's row, written and read as a whole.

use std::borrow::Cow;

use quittance_db::{
    DbError,
    row::{known, money, stored},
};
use quittance_kernel::{Currency, Percent};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::{Invoice, Line, TaxCategory};

const TABLE: &str = "invoice";

/// Numbers are strings of decimal digits, to keep their precision.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredLine<'a> {
    description: Cow<'a, str>,
    #[serde(with = "rust_decimal::serde::str")]
    quantity: Decimal,
    unit: Cow<'a, str>,
    #[serde(with = "rust_decimal::serde::str")]
    unit_price: Decimal,
    tax_category: Cow<'a, str>,
    #[serde(with = "rust_decimal::serde::str")]
    tax_rate: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    net: Decimal,
}

/// The parameter for a column of type `json`.
pub(super) type StoredLines<'a> = Json<Vec<StoredLine<'a>>>;

/// Encodes the lines of an invoice.
pub(super) fn stored_lines(invoice: &Invoice) -> StoredLines<'_> {
    Json(invoice.lines.iter().map(StoredLine::of).collect())
}

impl<'a> StoredLine<'a> {
    fn of(line: &'a Line) -> Self {
        Self {
            description: Cow::Borrowed(&line.description),
            quantity: line.quantity,
            unit: Cow::Borrowed(&line.unit),
            unit_price: line.unit_price,
            tax_category: Cow::Borrowed(line.tax_category.label()),
            tax_rate: line.tax_rate.value(),
            net: line.net.amount(),
        }
    }
}

/// Decodes the lines of an invoice.
pub(super) fn into_lines(id: Uuid, currency: Currency, lines: StoredLines<'static>) -> Result<Vec<Line>, DbError> {
    let into_line = |line: StoredLine<'static>| {
        Ok(Line {
            description: line.description.into_owned(),
            quantity: line.quantity,
            unit: line.unit.into_owned(),
            unit_price: line.unit_price,
            tax_category: known(TABLE, id, "tax category", TaxCategory::parse(&line.tax_category))?,
            tax_rate: stored(TABLE, id, Percent::new(line.tax_rate))?,
            net: money(TABLE, id, line.net, currency)?,
        })
    };
    lines.0.into_iter().map(into_line).collect()
}
