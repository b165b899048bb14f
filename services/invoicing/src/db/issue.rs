//! The frequent writes of issuing: invoices, open items and first entries of a whole batch, in one statement each.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{integer, metadata_json},
};
use quittance_kernel::{Actor, ContactId, RequestId, ReservationId, TermsId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::line::{StoredLines, stored_lines};
use crate::domain::{DocumentRef, Entry, Invoice, IssuedInvoice, OpenItem};

/// Adds issued invoices and their open items, each with its first entry.
pub(crate) async fn insert_issued(tx: &mut Tx, issued: &[&IssuedInvoice]) -> Result<(), DbError> {
    if issued.is_empty() {
        return Ok(());
    }
    let invoices: Vec<&Invoice> = issued.iter().map(|issued| &issued.invoice).collect();
    insert_invoices(tx, &invoices).await?;
    open_items(tx, issued).await
}

/// Adds invoices, drafts or issued: these name the versions of seller and customer that they were issued with.
pub(crate) async fn insert_invoices(tx: &mut Tx, invoices: &[&Invoice]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = invoices.iter().map(|i| i.id.uuid()).collect();
    let customers: Vec<Uuid> = invoices.iter().map(|i| i.customer.uuid()).collect();
    let contacts: Vec<Option<Uuid>> = invoices.iter().map(|i| i.contact.map(ContactId::uuid)).collect();
    let currencies: Vec<&str> = invoices.iter().map(|i| i.currency.code()).collect();
    let terms_ids: Vec<Option<Uuid>> = invoices.iter().map(|i| i.terms_id.map(TermsId::uuid)).collect();
    let terms: Vec<String> = invoices.iter().map(|i| i.terms.to_string()).collect();
    let series: Vec<Uuid> = invoices.iter().map(|i| i.series.uuid()).collect();
    let externals: Vec<Option<&str>> = invoices.iter().map(|i| i.external_number.as_deref()).collect();
    let planned: Vec<Option<NaiveDate>> = invoices.iter().map(|i| i.planned_issue_on).collect();
    let agreed: Vec<Option<NaiveDate>> = invoices.iter().map(|i| i.agreed_due_on).collect();
    let scopes: Vec<&str> = invoices.iter().map(|i| i.rounding.scope.label()).collect();
    let modes: Vec<&str> = invoices.iter().map(|i| i.rounding.mode.label()).collect();
    let reservations: Vec<Option<Uuid>> = invoices.iter().map(|i| i.reservation.map(ReservationId::uuid)).collect();
    let orders: Vec<&str> = invoices.iter().map(|i| i.purchase_order.as_str()).collect();
    let notes: Vec<&str> = invoices.iter().map(|i| i.note.as_str()).collect();
    let nets: Vec<Decimal> = invoices.iter().map(|i| i.totals.net.amount()).collect();
    let taxes: Vec<Decimal> = invoices.iter().map(|i| i.totals.tax.amount()).collect();
    let totals: Vec<Decimal> = invoices.iter().map(|i| i.totals.total.amount()).collect();
    let states: Vec<&str> = invoices.iter().map(|i| i.state.label()).collect();
    let issuances: Vec<_> = invoices.iter().map(|i| i.state.issuance()).collect();
    let numbers: Vec<Option<&str>> = issuances.iter().map(|s| s.map(|s| s.number.as_str())).collect();
    let references: Vec<Option<&str>> =
        issuances.iter().map(|s| s.and_then(|s| s.payment_reference.as_deref())).collect();
    let issued_on: Vec<Option<NaiveDate>> = issuances.iter().map(|s| s.map(|s| s.issued_on)).collect();
    let due_on: Vec<Option<NaiveDate>> = issuances.iter().map(|s| s.map(|s| s.due_on)).collect();
    let issued_at: Vec<Option<DateTime<Utc>>> = issuances.iter().map(|s| s.map(|s| s.issued_at)).collect();
    let versions = invoices.iter().map(|i| integer("invoice", i.id.uuid(), i.version));
    let versions: Vec<i32> = versions.collect::<Result<_, _>>()?;
    let created: Vec<DateTime<Utc>> = invoices.iter().map(|i| i.created_at).collect();
    let updated: Vec<DateTime<Utc>> = invoices.iter().map(|i| i.updated_at).collect();
    let metadata: Vec<serde_json::Value> = invoices.iter().map(|i| metadata_json(&i.metadata)).collect();
    let lines: Vec<StoredLines<'_>> = invoices.iter().map(|i| stored_lines(i)).collect();
    let agreed_terms: Vec<bool> = invoices.iter().map(|i| i.has_agreed_terms).collect();
    let in_installments: Vec<bool> = invoices.iter().map(|i| i.terms.installments().is_some()).collect();
    sqlx::query!(
        "insert into invoice
           (tenant_id, id, customer_id, contact_id, currency, terms_id, terms, series_id, external_number, planned_issue_on, agreed_due_on,
            rounding_scope, rounding_mode, reservation_id, purchase_order, note, net_total, tax_total, total, state, number, payment_reference,
            issued_on, due_on, issued_at, version, created_at, lines, updated_at, metadata, has_agreed_terms,
            in_installments, tenant_version, customer_version)
         select $1, v.*,
           case when v.state <> 'draft' then (select t.version from tenant t where t.tenant_id = $1) end,
           case when v.state <> 'draft' then (select c.version from customer c where c.tenant_id = $1 and c.id = v.customer_id) end
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::uuid[], $9::text[], $10::date[], $11::date[],
           $12::text[], $13::text[], $14::uuid[], $15::text[], $16::text[], $17::numeric[], $18::numeric[], $19::numeric[], $20::text[], $21::text[],
           $22::text[], $23::date[], $24::date[], $25::timestamptz[], $26::int[], $27::timestamptz[], $28::json[],
           $29::timestamptz[], $30::jsonb[], $31::bool[], $32::bool[])
           as v (id, customer_id, contact_id, currency, terms_id, terms, series_id, external_number, planned_issue_on, agreed_due_on, rounding_scope,
             rounding_mode, reservation_id, purchase_order, note, net_total, tax_total, total, state)",
        tenant,
        &ids,
        &customers,
        &contacts as &[Option<Uuid>],
        &currencies as &[&str],
        &terms_ids as &[Option<Uuid>],
        &terms,
        &series,
        &externals as &[Option<&str>],
        &planned as &[Option<NaiveDate>],
        &agreed as &[Option<NaiveDate>],
        &scopes as &[&str],
        &modes as &[&str],
        &reservations as &[Option<Uuid>],
        &orders as &[&str],
        &notes as &[&str],
        &nets,
        &taxes,
        &totals,
        &states as &[&str],
        &numbers as &[Option<&str>],
        &references as &[Option<&str>],
        &issued_on as &[Option<NaiveDate>],
        &due_on as &[Option<NaiveDate>],
        &issued_at as &[Option<DateTime<Utc>>],
        &versions,
        &created,
        &lines as _,
        &updated,
        &metadata,
        &agreed_terms,
        &in_installments,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds open items, each with its first entry.
pub(crate) async fn open_items(tx: &mut Tx, issued: &[&IssuedInvoice]) -> Result<(), DbError> {
    if issued.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let opened = || issued.iter().flat_map(|issued| issued.items.iter().zip(&issued.entries));
    let items: Vec<&OpenItem> = opened().map(|(item, _)| item).collect();
    let entries: Vec<&Entry> = opened().map(|(_, entry)| entry).collect();
    let ids: Vec<Uuid> = items.iter().map(|i| i.id.uuid()).collect();
    let documents: Vec<Uuid> = items.iter().map(|i| document_id(i)).collect();
    let installments: Vec<Option<i32>> = items.iter().map(|i| i.installment.map(i32::from)).collect();
    let customers: Vec<Uuid> = items.iter().map(|i| i.customer.uuid()).collect();
    let numbers: Vec<&str> = items.iter().map(|i| i.number.as_str()).collect();
    let currencies: Vec<&str> = items.iter().map(|i| i.amounts.currency().code()).collect();
    let issued_on: Vec<NaiveDate> = items.iter().map(|i| i.issued_on).collect();
    let due: Vec<NaiveDate> = items.iter().map(|i| i.due_on).collect();
    let terms: Vec<String> = items.iter().map(|i| i.terms.to_string()).collect();
    let entry_ids: Vec<Uuid> = entries.iter().map(|entry| entry.id.uuid()).collect();
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.label()).collect();
    let totals: Vec<Decimal> = entries.iter().map(|entry| entry.amount.amount()).collect();
    let effective_on: Vec<NaiveDate> = entries.iter().map(|entry| entry.effective_on).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|entry| entry.recorded_at).collect();
    let actors: Vec<Option<&str>> = entries.iter().map(|entry| entry.actor.as_ref().map(Actor::name)).collect();
    let people: Vec<Option<&str>> =
        entries.iter().map(|entry| entry.actor.as_ref().and_then(Actor::on_behalf_of)).collect();
    let requests: Vec<Option<Uuid>> = entries.iter().map(|entry| entry.request.map(RequestId::uuid)).collect();
    sqlx::query!(
        "with opened as (
           select *
           from unnest($2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::date[], $10::date[], $11::text[],
             $12::numeric[], $13::text[], $14::date[], $15::timestamptz[], $16::text[], $17::text[], $18::uuid[])
             as o (id, document_id, installment, entry_id, customer_id, number, currency, issued_on, due_on, terms, total, entry_kind,
               effective_on, recorded_at, actor, on_behalf_of, request_id)
         ), item as (
           insert into open_item
             (tenant_id, id, document_id, installment, customer_id, number, currency, issued_on, due_on, terms, total, settled, discounted,
              written_off, credited, voided, disputed, last_entry_on, updated_at)
           select $1, id, nullif(document_id, id), installment, customer_id, number, currency, issued_on, due_on, terms, total, 0, 0, 0, 0, 0,
             false, effective_on, recorded_at
           from opened
         )
         insert into entry
           (tenant_id, item_id, id, customer_id, kind, amount, currency, effective_on, recorded_at, source_kind, source_id, actor, on_behalf_of,
            request_id)
         select $1, id, entry_id, customer_id, entry_kind, total, currency, effective_on, recorded_at, 'document', document_id, actor,
           on_behalf_of, request_id
         from opened",
        tenant,
        &ids,
        &documents,
        &installments as &[Option<i32>],
        &entry_ids,
        &customers,
        &numbers as &[&str],
        &currencies as &[&str],
        &issued_on,
        &due,
        &terms,
        &totals,
        &kinds as &[&str],
        &effective_on,
        &times,
        &actors as &[Option<&str>],
        &people as &[Option<&str>],
        &requests as &[Option<Uuid>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn document_id(item: &OpenItem) -> Uuid {
    let DocumentRef::Invoice(invoice) = item.document;
    invoice.uuid()
}

/// Updates drafts that are now issued, with the versions of seller and customer.
pub(crate) async fn update_issued(tx: &mut Tx, issued: &[&IssuedInvoice]) -> Result<(), DbError> {
    if issued.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let invoices: Vec<_> =
        issued.iter().filter_map(|i| i.invoice.state.issuance().map(|issuance| (&i.invoice, issuance))).collect();
    let ids: Vec<Uuid> = invoices.iter().map(|(i, _)| i.id.uuid()).collect();
    let versions = invoices.iter().map(|(i, _)| integer("invoice", i.id.uuid(), i.version));
    let versions: Vec<i32> = versions.collect::<Result<_, _>>()?;
    let numbers: Vec<&str> = invoices.iter().map(|(_, s)| s.number.as_str()).collect();
    let references: Vec<Option<&str>> = invoices.iter().map(|(_, s)| s.payment_reference.as_deref()).collect();
    let issued_on: Vec<NaiveDate> = invoices.iter().map(|(_, s)| s.issued_on).collect();
    let due_on: Vec<NaiveDate> = invoices.iter().map(|(_, s)| s.due_on).collect();
    let issued_at: Vec<DateTime<Utc>> = invoices.iter().map(|(_, s)| s.issued_at).collect();
    let done = sqlx::query!(
        "update invoice i
         set state = 'issued', version = v.version, number = v.number, payment_reference = v.payment_reference, issued_on = v.issued_on,
           due_on = v.due_on, issued_at = v.issued_at, updated_at = v.issued_at,
           tenant_version = (select t.version from tenant t where t.tenant_id = $1),
           customer_version = (select c.version from customer c where c.tenant_id = $1 and c.id = i.customer_id)
         from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::date[], $7::date[], $8::timestamptz[])
           as v (id, version, number, payment_reference, issued_on, due_on, issued_at)
         where i.tenant_id = $1 and i.id = v.id and i.version = v.version - 1",
        tenant,
        &ids,
        &versions,
        &numbers as &[&str],
        &references as &[Option<&str>],
        &issued_on,
        &due_on,
        &issued_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "invoice", issued.len())
}
