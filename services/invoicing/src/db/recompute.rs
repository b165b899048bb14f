//! Documents computed again from their lines, as they were when they were issued.

use quittance_db::{DbError, Found, Tx, row::stored};
use quittance_kernel::{Currency, Money};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    line::{StoredLines, into_lines},
    tenant::rounding_rule,
};
use crate::domain::Totals;

/// Documents read at a time.
const BATCH: i64 = 1_000;
/// Violations shown.
const EXAMPLES: usize = 20;

struct Row {
    id: Uuid,
    currency: String,
    rounding_scope: String,
    rounding_mode: String,
    net_total: Decimal,
    tax_total: Decimal,
    total: Decimal,
    lines: StoredLines<'static>,
}

impl Row {
    /// Whether net, tax and total are what the lines give by the frozen rule.
    fn holds(self) -> Result<bool, DbError> {
        let (table, id) = ("invoice", self.id);
        let currency = stored(table, id, Currency::parse(&self.currency))?;
        let rounding = rounding_rule(table, id, &self.rounding_scope, &self.rounding_mode)?;
        let totals = stored(table, id, Totals::of(&into_lines(id, currency, self.lines)?, currency, rounding))?;
        Ok([totals.net, totals.tax, totals.total].map(Money::amount) == [self.net_total, self.tax_total, self.total])
    }
}

/// Invoices whose totals are not what their lines give by their rounding rule, or which cannot be read.
pub(super) async fn invoices(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let mut found = Found { checked: 0, violations: 0, examples: Vec::new() };
    let mut after = Uuid::nil();
    loop {
        let rows = sqlx::query_as!(
            Row,
            r#"select id, currency, rounding_scope, rounding_mode, net_total, tax_total, total, lines as "lines: _"
               from invoice
               where tenant_id = $1 and id > $2
               order by id
               limit $3"#,
            tenant,
            after,
            BATCH,
        )
        .fetch_all(&mut **tx)
        .await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = last.id;
        for row in rows {
            found.checked += 1;
            let id = row.id;
            if !row.holds().unwrap_or(false) {
                found.violations += 1;
                if found.examples.len() < EXAMPLES {
                    found.examples.push(format!("invoice {id}"));
                }
            }
        }
    }
}
