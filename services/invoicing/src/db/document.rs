//! Credit notes, and documents as they were handed over.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx, row::known};
use quittance_kernel::{ContactId, CreditNoteId, CustomerId, InvoiceId, SeriesId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::invoice;
use crate::domain::{CreditNote, CreditReason, Delivery};

/// Adds a credit note. An invoice has at most one.
pub(crate) async fn insert_credit_note(tx: &mut Tx, note: &CreditNote, series: SeriesId) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into credit_note
           (tenant_id, id, series_id, number, invoice_id, customer_id, issued_on, reason, net_total, tax_total, total, issued_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant,
        note.id.uuid(),
        series.uuid(),
        note.number,
        note.invoice.uuid(),
        note.customer.uuid(),
        note.issued_on,
        note.reason.label(),
        note.totals.net.amount(),
        note.totals.tax.amount(),
        note.totals.total.amount(),
        note.issued_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct NoteRow {
    id: Uuid,
    number: String,
    invoice_id: Uuid,
    customer_id: Uuid,
    issued_on: NaiveDate,
    reason: String,
    total: Decimal,
    issued_at: DateTime<Utc>,
}

/// A credit note.
pub(crate) async fn find_credit_note(tx: &mut Tx, id: CreditNoteId) -> Result<Option<CreditNote>, DbError> {
    let row = sqlx::query_as!(
        NoteRow,
        "select id, number, invoice_id, customer_id, issued_on, reason, total, issued_at from credit_note where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    match row {
        Some(row) => with_invoice(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// Credit notes in the order they were created.
pub(crate) async fn list_credit_notes(
    tx: &mut Tx,
    customer: Option<CustomerId>,
    after: Option<CreditNoteId>,
    limit: i64,
) -> Result<Vec<CreditNote>, DbError> {
    let rows = sqlx::query_as!(
        NoteRow,
        "select id, number, invoice_id, customer_id, issued_on, reason, total, issued_at
         from credit_note
         where tenant_id = $1 and ($2::uuid is null or customer_id = $2) and ($3::uuid is null or id > $3)
         order by id
         limit $4",
        tx.tenant().uuid(),
        customer.map(CustomerId::uuid),
        after.map(CreditNoteId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut notes = Vec::with_capacity(rows.len());
    for row in rows {
        notes.push(with_invoice(tx, row).await?);
    }
    Ok(notes)
}

/// A full credit has the lines and taxes of its invoice.
async fn with_invoice(tx: &mut Tx, row: NoteRow) -> Result<CreditNote, DbError> {
    let corrupt = |why: &str| DbError::Corrupt { table: "credit_note", id: row.id, why: why.to_owned() };
    let invoice =
        invoice::find(tx, InvoiceId::new(row.invoice_id)).await?.ok_or_else(|| corrupt("its invoice is missing"))?;
    if invoice.totals.total.amount() != row.total {
        return Err(corrupt("it does not credit its invoice in full"));
    }
    Ok(CreditNote {
        id: CreditNoteId::new(row.id),
        number: row.number,
        invoice: invoice.id,
        customer: CustomerId::new(row.customer_id),
        issued_on: row.issued_on,
        reason: known("credit_note", row.id, "reason", CreditReason::parse(&row.reason))?,
        lines: invoice.lines,
        totals: invoice.totals,
        issued_at: row.issued_at,
    })
}

/// Keeps a document as it was handed over.
pub(crate) async fn insert_delivery(tx: &mut Tx, delivery: &Delivery, document: &str) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into delivery (tenant_id, id, invoice_id, contact_id, channel, document_sha256, document, delivered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        delivery.id.uuid(),
        delivery.invoice.uuid(),
        delivery.contact.map(ContactId::uuid),
        delivery.channel.label(),
        &delivery.document_sha256[..],
        document,
        delivery.delivered_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether an invoice was delivered.
pub(crate) async fn is_delivered(tx: &mut Tx, invoice: InvoiceId) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query!(
        "select id from delivery where tenant_id = $1 and invoice_id = $2 limit 1",
        tenant,
        invoice.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.is_some())
}
