//! Credit notes and delivered documents.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window,
    row::{known, metadata, metadata_json, money, stored},
};
use quittance_kernel::{ContactId, CreditNoteId, CustomerId, DeliveryId, InvoiceId, SeriesId};
use rust_decimal::Decimal;
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    invoice,
    line::{StoredCreditLine, StoredTax, into_credit_lines, into_taxes, stored_credit_lines, stored_taxes},
};
use crate::{
    Error,
    domain::{CreditLine, CreditNote, CreditReason, Delivery, DeliveryChannel, Invoice, Line, Totals},
};

/// Adds a credit note, with the versions of seller and customer.
pub(crate) async fn insert_credit_note(tx: &mut Tx, note: &CreditNote, series: SeriesId) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into credit_note
           (tenant_id, id, series_id, number, invoice_id, customer_id, issued_on, reason, net_total, tax_total, total, issued_at, metadata, lines,
            taxes, tenant_version, customer_version)
         values
           ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
            (select t.version from tenant t where t.tenant_id = $1),
            (select c.version from customer c where c.tenant_id = $1 and c.id = $6))",
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
        metadata_json(&note.metadata),
        stored_credit_lines(note) as _,
        stored_taxes(&note.totals.taxes) as _,
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
    net_total: Decimal,
    tax_total: Decimal,
    total: Decimal,
    issued_at: DateTime<Utc>,
    metadata: serde_json::Value,
    lines: Option<Json<Vec<StoredCreditLine<'static>>>>,
    taxes: Option<Json<Vec<StoredTax<'static>>>>,
}

/// A credit note.
pub(crate) async fn find_credit_note(tx: &mut Tx, id: CreditNoteId) -> Result<Option<CreditNote>, DbError> {
    Ok(find_credit_notes(tx, &[id.uuid()]).await?.pop())
}

/// These credit notes; those that do not exist are left out.
pub(crate) async fn find_credit_notes(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<CreditNote>, DbError> {
    let rows = sqlx::query_as!(
        NoteRow,
        r#"select c.id, number, invoice_id, customer_id, issued_on, reason, net_total, tax_total, total, issued_at, metadata,
             lines as "lines: _", taxes as "taxes: _"
           from unnest($2::uuid[]) as requested (id)
           join credit_note c on c.tenant_id = $1 and c.id = requested.id"#,
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    with_invoices(tx, rows).await
}

/// The credit notes of an invoice, in the order of their issue.
pub(crate) async fn credit_notes_of(tx: &mut Tx, invoice: &Invoice) -> Result<Vec<CreditNote>, DbError> {
    let rows = sqlx::query_as!(
        NoteRow,
        r#"select id, number, invoice_id, customer_id, issued_on, reason, net_total, tax_total, total, issued_at, metadata,
             lines as "lines: _", taxes as "taxes: _"
           from credit_note
           where tenant_id = $1 and invoice_id = $2
           order by id"#,
        tx.tenant().uuid(),
        invoice.id.uuid(),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| row.into_note(invoice)).collect()
}

/// Whether there is a credit note of an invoice.
pub(crate) async fn has_credit_notes(tx: &mut Tx, invoice: InvoiceId) -> Result<bool, DbError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from credit_note where tenant_id = $1 and invoice_id = $2) as "found!""#,
        tx.tenant().uuid(),
        invoice.uuid(),
    );
    Ok(found.fetch_one(&mut **tx).await?)
}

/// The filters of a list of credit notes.
#[derive(Debug, Clone)]
pub(crate) struct NoteFilter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only these credit notes.
    pub(crate) ids: Option<Vec<Uuid>>,
    /// Only those issued on these dates.
    pub(crate) issued_on: Range<NaiveDate>,
    /// Only those recorded in this time.
    pub(crate) issued_at: Range<DateTime<Utc>>,
    /// Only those with all of these entries in their metadata.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// The credit notes with this number.
pub(crate) async fn find_note_number(tx: &mut Tx, number: &str) -> Result<Vec<Uuid>, DbError> {
    let found = sqlx::query_scalar!(
        r#"select id as "id!" from credit_note where tenant_id = $1 and not shares_number and number = $2
           union
           select id from credit_note where tenant_id = $1 and shares_number and number = $2"#,
        tx.tenant().uuid(),
        number,
    );
    Ok(found.fetch_all(&mut **tx).await?)
}

/// The orders of a list of credit notes.
pub(crate) const NOTE_ORDERS: [(&str, Column); 2] =
    [("issue_time", Column::Time("issued_at")), ("issued_on", Column::Date("issued_on"))];

/// Where the credit notes of a page stand in their list.
pub(crate) async fn list_credit_notes(tx: &mut Tx, filter: NoteFilter, window: Window) -> Result<Vec<Place>, DbError> {
    note_places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn note_places(tx: &Tx, filter: NoteFilter, window: Window) -> List {
    let mut list = List::new(tx, "credit_note", ["tenant_id", "id"], window);
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    if let Some(ids) = filter.ids {
        list.compare_any("id", ids);
    }
    list.metadata("credit_note", filter.metadata);
    list.within(["issued_on >= ", "issued_on <= "], filter.issued_on);
    list.within(["issued_at >= ", "issued_at < "], filter.issued_at);
    list
}

/// Credit notes with their invoices: they have the currency, and what a note of before parts could be credited is over.
async fn with_invoices(tx: &mut Tx, rows: Vec<NoteRow>) -> Result<Vec<CreditNote>, DbError> {
    let ids: BTreeSet<InvoiceId> = rows.iter().map(|row| InvoiceId::new(row.invoice_id)).collect();
    let invoices = invoice::find_all(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let note = |row: NoteRow| {
        let missing = || row.corrupt("its invoice is missing");
        let invoice = invoices.get(&InvoiceId::new(row.invoice_id)).ok_or_else(missing)?;
        row.into_note(invoice)
    };
    rows.into_iter().map(note).collect()
}

impl NoteRow {
    fn corrupt(&self, why: &str) -> DbError {
        DbError::Corrupt { table: "credit_note", id: self.id, why: why.to_owned() }
    }

    fn into_note(self, invoice: &Invoice) -> Result<CreditNote, DbError> {
        let (table, id, currency) = ("credit_note", self.id, invoice.currency);
        if self.lines.is_none() && invoice.totals.total.amount() != self.total {
            return Err(self.corrupt("it does not credit its invoice in full"));
        }
        let (lines, totals) = if let (Some(lines), Some(taxes)) = (self.lines, self.taxes) {
            let amount = |value| money(table, id, value, currency);
            let totals = Totals {
                net: amount(self.net_total)?,
                taxes: into_taxes(id, currency, taxes)?,
                tax: amount(self.tax_total)?,
                total: amount(self.total)?,
            };
            (into_credit_lines(id, currency, lines)?, totals)
        } else {
            let line = |(number, line): (u16, &Line)| CreditLine { line: line.clone(), of: Some(number) };
            ((1..).zip(&invoice.lines).map(line).collect(), invoice.totals.clone())
        };
        Ok(CreditNote {
            id: CreditNoteId::new(id),
            number: self.number,
            invoice: invoice.id,
            customer: CustomerId::new(self.customer_id),
            issued_on: self.issued_on,
            reason: known(table, id, "reason", CreditReason::parse(&self.reason))?,
            lines,
            totals,
            metadata: metadata(table, id, self.metadata)?,
            issued_at: self.issued_at,
        })
    }
}

/// Stores a delivered document.
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

struct DeliveryRow {
    id: Uuid,
    invoice_id: Uuid,
    contact_id: Option<Uuid>,
    channel: String,
    document_sha256: Vec<u8>,
    delivered_at: DateTime<Utc>,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = DbError;

    fn try_from(row: DeliveryRow) -> Result<Self, DbError> {
        let wrong_length = |_| "not a SHA-256".to_owned();
        Ok(Self {
            id: DeliveryId::new(row.id),
            invoice: InvoiceId::new(row.invoice_id),
            contact: row.contact_id.map(ContactId::new),
            channel: known("delivery", row.id, "channel", DeliveryChannel::parse(&row.channel))?,
            document_sha256: stored("delivery", row.id, row.document_sha256.try_into().map_err(wrong_length))?,
            delivered_at: row.delivered_at,
        })
    }
}

/// A delivery with its document.
pub(crate) async fn find_delivery(tx: &mut Tx, id: DeliveryId) -> Result<(Delivery, String), Error> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
        "select invoice_id, contact_id, channel, document_sha256, document, delivered_at
         from delivery
         where tenant_id = $1 and id = $2",
        tenant,
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await
    .map_err(DbError::from)?
    .ok_or(Error::DeliveryNotFound(id))?;
    let delivery = DeliveryRow {
        id: id.uuid(),
        invoice_id: row.invoice_id,
        contact_id: row.contact_id,
        channel: row.channel,
        document_sha256: row.document_sha256,
        delivered_at: row.delivered_at,
    };
    Ok((delivery.try_into()?, row.document))
}

/// These deliveries, without their documents; those that do not exist are left out.
pub(crate) async fn find_deliveries(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Delivery>, DbError> {
    let rows = sqlx::query_as!(
        DeliveryRow,
        "select d.id, invoice_id, contact_id, channel, document_sha256, delivered_at
         from unnest($2::uuid[]) as requested (id)
         join delivery d on d.tenant_id = $1 and d.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Delivery::try_from).collect()
}

/// The orders of a list of deliveries.
pub(crate) const DELIVERY_ORDERS: [(&str, Column); 1] = [("deliver_time", Column::Time("delivered_at"))];

/// Where the deliveries of a page stand in their list: only of this invoice, and recorded in this time.
pub(crate) async fn list_deliveries(
    tx: &mut Tx,
    invoice: Option<InvoiceId>,
    delivered_at: Range<DateTime<Utc>>,
    window: Window,
) -> Result<Vec<Place>, DbError> {
    delivery_places(tx, invoice, delivered_at, window).places(tx).await
}

/// The statement for them.
pub(super) fn delivery_places(
    tx: &Tx,
    invoice: Option<InvoiceId>,
    delivered_at: Range<DateTime<Utc>>,
    window: Window,
) -> List {
    let mut list = List::new(tx, "delivery", ["tenant_id", "id"], window);
    list.compare("invoice_id = ", invoice.map(InvoiceId::uuid));
    list.within(["delivered_at >= ", "delivered_at < "], delivered_at);
    list
}
