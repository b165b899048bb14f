//! Invoices.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{integer, known, metadata, metadata_json, stored},
};
use quittance_kernel::{
    ContactId, CreditNoteId, Currency, CustomerId, InvoiceId, PaymentTerms, ReservationId, SeriesId, TermsId,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    line::{StoredLines, into_lines, stored_lines},
    tenant::rounding_rule,
};
use crate::{
    Error,
    domain::{Invoice, Issuance, State, Totals},
};

struct Row {
    id: Uuid,
    customer_id: Uuid,
    contact_id: Option<Uuid>,
    currency: String,
    terms_id: Option<Uuid>,
    terms: String,
    has_agreed_terms: bool,
    series_id: Uuid,
    external_number: Option<String>,
    planned_issue_on: Option<NaiveDate>,
    agreed_due_on: Option<NaiveDate>,
    rounding_scope: String,
    rounding_mode: String,
    reservation_id: Option<Uuid>,
    purchase_order: String,
    note: String,
    total: Decimal,
    state: String,
    number: Option<String>,
    payment_reference: Option<String>,
    issued_on: Option<NaiveDate>,
    due_on: Option<NaiveDate>,
    issued_at: Option<DateTime<Utc>>,
    voided_on: Option<NaiveDate>,
    void_reason: Option<String>,
    credit_note_id: Option<Uuid>,
    version: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    lines: StoredLines<'static>,
    metadata: serde_json::Value,
}

impl Row {
    fn into_invoice(self) -> Result<Invoice, DbError> {
        let (table, id) = ("invoice", self.id);
        let currency = stored(table, id, Currency::parse(&self.currency))?;
        let rounding = rounding_rule(table, id, &self.rounding_scope, &self.rounding_mode)?;
        let state = self.state()?;
        let lines = into_lines(id, currency, self.lines)?;
        let totals = stored(table, id, Totals::of(&lines, currency, rounding))?;
        if totals.total.amount() != self.total {
            return Err(DbError::Corrupt { table, id, why: "the lines do not sum to the total".to_owned() });
        }
        Ok(Invoice {
            id: InvoiceId::new(id),
            customer: CustomerId::new(self.customer_id),
            contact: self.contact_id.map(ContactId::new),
            currency,
            lines,
            totals,
            terms: stored(table, id, PaymentTerms::parse(&self.terms))?,
            has_agreed_terms: self.has_agreed_terms,
            terms_id: self.terms_id.map(TermsId::new),
            series: SeriesId::new(self.series_id),
            external_number: self.external_number,
            planned_issue_on: self.planned_issue_on,
            agreed_due_on: self.agreed_due_on,
            rounding,
            reservation: self.reservation_id.map(ReservationId::new),
            purchase_order: self.purchase_order,
            note: self.note,
            metadata: metadata(table, id, self.metadata)?,
            state,
            version: stored(table, id, u32::try_from(self.version))?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }

    fn state(&self) -> Result<State, DbError> {
        let issuance = match (&self.number, self.issued_on, self.due_on, self.issued_at) {
            (Some(number), Some(issued_on), Some(due_on), Some(issued_at)) => Some(Issuance {
                number: number.clone(),
                payment_reference: self.payment_reference.clone(),
                issued_on,
                due_on,
                issued_at,
            }),
            _ => None,
        };
        let state = match (self.state.as_str(), issuance, self.voided_on, self.credit_note_id) {
            ("draft", None, None, None) => Some(State::Draft),
            ("issued", Some(issuance), None, None) => Some(State::Issued(issuance)),
            ("voided", Some(issuance), Some(voided_on), None) => {
                Some(State::Voided { issuance, voided_on, reason: self.void_reason.clone().unwrap_or_default() })
            }
            ("credited", Some(issuance), None, Some(note)) => {
                Some(State::Credited { issuance, credit_note: CreditNoteId::new(note) })
            }
            _ => None,
        };
        known("invoice", self.id, "state", state)
    }
}

/// Adds drafts.
pub(crate) async fn insert_drafts(tx: &mut Tx, drafts: &[&Invoice]) -> Result<(), DbError> {
    if drafts.is_empty() {
        return Ok(());
    }
    super::issue::insert_invoices(tx, drafts).await
}

/// These invoices, locked until the transaction ends, in the order of their ids.
pub(crate) async fn lock_all(tx: &mut Tx, ids: &[InvoiceId]) -> Result<HashMap<InvoiceId, Invoice>, DbError> {
    let tenant = tx.tenant().uuid();
    // Two commands of a batch may concern one invoice: it is read once.
    let ids: BTreeSet<InvoiceId> = ids.iter().copied().collect();
    let ids: Vec<InvoiceId> = ids.into_iter().collect();
    let sorted: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "select i.id
         from unnest($2::uuid[]) as requested (id)
         join invoice i on i.tenant_id = $1 and i.id = requested.id
         order by i.id
         for update of i",
        tenant,
        &sorted,
    )
    .fetch_all(&mut **tx)
    .await?;
    find_all(tx, &ids).await
}

/// An invoice, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: InvoiceId) -> Result<Invoice, Error> {
    lock_all(tx, &[id]).await?.remove(&id).ok_or(Error::InvoiceNotFound(id))
}

/// An invoice.
pub(crate) async fn find(tx: &mut Tx, id: InvoiceId) -> Result<Option<Invoice>, DbError> {
    Ok(find_all(tx, &[id]).await?.remove(&id))
}

/// The existing ones of these invoices.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[InvoiceId]) -> Result<HashMap<InvoiceId, Invoice>, DbError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select i.id, customer_id, contact_id, currency, terms_id, terms, has_agreed_terms, series_id, external_number, planned_issue_on, agreed_due_on, rounding_scope,
           rounding_mode, reservation_id, purchase_order, note, total, state, number, payment_reference, issued_on, due_on, issued_at, voided_on,
           void_reason, credit_note_id, version, created_at, updated_at, lines as "lines: _", metadata
         from unnest($2::uuid[]) as requested (id)
         join invoice i on i.tenant_id = $1 and i.id = requested.id"#,
        tx.tenant().uuid(),
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| row.into_invoice().map(|invoice| (invoice.id, invoice))).collect()
}

/// Deletes a locked draft.
pub(crate) async fn delete(tx: &mut Tx, id: InvoiceId) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let done =
        sqlx::query!("delete from invoice where tenant_id = $1 and id = $2 and state = 'draft'", tenant, id.uuid(),)
            .execute(&mut **tx)
            .await?;
    expect_rows(&done, "invoice", 1)
}

/// A changed draft.
#[derive(Debug)]
pub(crate) struct ChangedDraft {
    /// The draft after the change.
    pub(crate) draft: Invoice,
    /// The stored version.
    pub(crate) version_before: u32,
}

/// Updates locked drafts.
pub(crate) async fn update_drafts(tx: &mut Tx, changed: &[ChangedDraft]) -> Result<(), DbError> {
    if changed.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let drafts: Vec<&Invoice> = changed.iter().map(|changed| &changed.draft).collect();
    let ids: Vec<Uuid> = drafts.iter().map(|d| d.id.uuid()).collect();
    let contacts: Vec<Option<Uuid>> = drafts.iter().map(|d| d.contact.map(ContactId::uuid)).collect();
    let terms_ids: Vec<Option<Uuid>> = drafts.iter().map(|d| d.terms_id.map(TermsId::uuid)).collect();
    let terms: Vec<String> = drafts.iter().map(|d| d.terms.to_string()).collect();
    let series: Vec<Uuid> = drafts.iter().map(|d| d.series.uuid()).collect();
    let planned: Vec<Option<NaiveDate>> = drafts.iter().map(|d| d.planned_issue_on).collect();
    let agreed: Vec<Option<NaiveDate>> = drafts.iter().map(|d| d.agreed_due_on).collect();
    let reservations: Vec<Option<Uuid>> = drafts.iter().map(|d| d.reservation.map(ReservationId::uuid)).collect();
    let orders: Vec<String> = drafts.iter().map(|d| d.purchase_order.clone()).collect();
    let notes: Vec<String> = drafts.iter().map(|d| d.note.clone()).collect();
    let nets: Vec<Decimal> = drafts.iter().map(|d| d.totals.net.amount()).collect();
    let taxes: Vec<Decimal> = drafts.iter().map(|d| d.totals.tax.amount()).collect();
    let totals: Vec<Decimal> = drafts.iter().map(|d| d.totals.total.amount()).collect();
    let versions = drafts.iter().map(|d| integer("invoice", d.id.uuid(), d.version));
    let versions: Vec<i32> = versions.collect::<Result<_, _>>()?;
    let before = changed.iter().map(|c| integer("invoice", c.draft.id.uuid(), c.version_before));
    let before: Vec<i32> = before.collect::<Result<_, _>>()?;
    let lines: Vec<StoredLines<'_>> = drafts.iter().map(|d| stored_lines(d)).collect();
    let updated: Vec<DateTime<Utc>> = drafts.iter().map(|d| d.updated_at).collect();
    let agreed_terms: Vec<bool> = drafts.iter().map(|d| d.has_agreed_terms).collect();
    let in_installments: Vec<bool> = drafts.iter().map(|d| d.terms.installments().is_some()).collect();
    let metadata: Vec<serde_json::Value> = drafts.iter().map(|d| metadata_json(&d.metadata)).collect();
    let done = sqlx::query!(
        "update invoice i
         set contact_id = v.contact_id, terms_id = v.terms_id, terms = v.terms, series_id = v.series_id, planned_issue_on = v.planned_issue_on,
           agreed_due_on = v.agreed_due_on, reservation_id = v.reservation_id, purchase_order = v.purchase_order, note = v.note,
           net_total = v.net_total, tax_total = v.tax_total, total = v.total, version = v.version, lines = v.lines, updated_at = v.updated_at,
           metadata = v.metadata, has_agreed_terms = v.has_agreed_terms,
           in_installments = v.in_installments
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::date[], $8::date[], $9::uuid[], $10::text[], $11::text[],
           $12::numeric[], $13::numeric[], $14::numeric[], $15::int[], $16::int[], $17::json[],
           $18::timestamptz[], $19::jsonb[], $20::bool[], $21::bool[])
           as v (id, contact_id, terms_id, terms, series_id, planned_issue_on, agreed_due_on, reservation_id, purchase_order, note, net_total,
             tax_total, total, version, version_before, lines, updated_at, metadata, has_agreed_terms,
             in_installments)
         where i.tenant_id = $1 and i.id = v.id and i.version = v.version_before",
        tenant,
        &ids,
        &contacts as &[Option<Uuid>],
        &terms_ids as &[Option<Uuid>],
        &terms,
        &series,
        &planned as &[Option<NaiveDate>],
        &agreed as &[Option<NaiveDate>],
        &reservations as &[Option<Uuid>],
        &orders,
        &notes,
        &nets,
        &taxes,
        &totals,
        &versions,
        &before,
        &lines as _,
        &updated,
        &metadata,
        &agreed_terms,
        &in_installments,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "invoice", drafts.len())
}

/// Updates an invoice voided or credited after it was issued.
pub(crate) async fn update_state(tx: &mut Tx, invoice: &Invoice) -> Result<(), DbError> {
    let (voided_on, reason, credit_note) = match &invoice.state {
        State::Voided { voided_on, reason, .. } => (Some(*voided_on), Some(reason.as_str()), None),
        State::Credited { credit_note, .. } => (None, None, Some(credit_note.uuid())),
        State::Draft | State::Issued(_) => (None, None, None),
    };
    let done = sqlx::query!(
        "update invoice
         set state = $3, voided_on = $4, void_reason = $5, credit_note_id = $6, version = $7
         where tenant_id = $1 and id = $2 and version = $7 - 1",
        tx.tenant().uuid(),
        invoice.id.uuid(),
        invoice.state.label(),
        voided_on,
        reason,
        credit_note,
        integer("invoice", invoice.id.uuid(), invoice.version)?,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "invoice", 1)
}
