//! The stored lines and taxes of documents: one JSON array in the document's row, written and read as a whole.

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

use crate::domain::{CreditLine, CreditNote, Invoice, Line, TaxCategory, TaxSubtotal};

const INVOICE: &str = "invoice";
const CREDIT_NOTE: &str = "credit_note";

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

/// A stored line of a credit note, with the line of the invoice.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredCreditLine<'a> {
    #[serde(flatten)]
    line: StoredLine<'a>,
    of: Option<u16>,
}

/// Encodes the lines of a credit note.
pub(super) fn stored_credit_lines(note: &CreditNote) -> Json<Vec<StoredCreditLine<'_>>> {
    Json(
        note.lines
            .iter()
            .map(|CreditLine { line, of }| StoredCreditLine { line: StoredLine::of(line), of: *of })
            .collect(),
    )
}

/// Decodes the lines of a credit note.
pub(super) fn into_credit_lines(
    id: Uuid,
    currency: Currency,
    lines: Json<Vec<StoredCreditLine<'static>>>,
) -> Result<Vec<CreditLine>, DbError> {
    let into_line = |stored: StoredCreditLine<'static>| {
        Ok(CreditLine { line: into_line(CREDIT_NOTE, id, currency, stored.line)?, of: stored.of })
    };
    lines.0.into_iter().map(into_line).collect()
}

/// The stored tax of one category and rate.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredTax<'a> {
    tax_category: Cow<'a, str>,
    #[serde(with = "rust_decimal::serde::str")]
    tax_rate: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    taxable: Decimal,
    #[serde(with = "rust_decimal::serde::str")]
    tax: Decimal,
}

/// Encodes the taxes of a credit note.
pub(super) fn stored_taxes(taxes: &[TaxSubtotal]) -> Json<Vec<StoredTax<'_>>> {
    let stored = taxes.iter().map(|tax| StoredTax {
        tax_category: Cow::Borrowed(tax.category.label()),
        tax_rate: tax.rate.value(),
        taxable: tax.taxable.amount(),
        tax: tax.tax.amount(),
    });
    Json(stored.collect())
}

/// Decodes the taxes of a credit note.
pub(super) fn into_taxes(
    id: Uuid,
    currency: Currency,
    taxes: Json<Vec<StoredTax<'static>>>,
) -> Result<Vec<TaxSubtotal>, DbError> {
    let into_tax = |tax: StoredTax<'static>| {
        Ok(TaxSubtotal {
            category: known(CREDIT_NOTE, id, "tax category", TaxCategory::parse(&tax.tax_category))?,
            rate: stored(CREDIT_NOTE, id, Percent::new(tax.tax_rate))?,
            taxable: money(CREDIT_NOTE, id, tax.taxable, currency)?,
            tax: money(CREDIT_NOTE, id, tax.tax, currency)?,
        })
    };
    taxes.0.into_iter().map(into_tax).collect()
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
    lines.0.into_iter().map(|line| into_line(INVOICE, id, currency, line)).collect()
}

fn into_line(table: &'static str, id: Uuid, currency: Currency, line: StoredLine<'static>) -> Result<Line, DbError> {
    Ok(Line {
        description: line.description.into_owned(),
        quantity: line.quantity,
        unit: line.unit.into_owned(),
        unit_price: line.unit_price,
        tax_category: known(table, id, "tax category", TaxCategory::parse(&line.tax_category))?,
        tax_rate: stored(table, id, Percent::new(line.tax_rate))?,
        net: money(table, id, line.net, currency)?,
    })
}
