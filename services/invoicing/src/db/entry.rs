//! Entries, which are insert-only.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx,
    row::{known, money, stored},
};
use quittance_kernel::{
    Actor, AllocationId, BadDebtId, CreditNoteId, Currency, CustomerId, EntryId, InvoiceId, ItemId, Money, RequestId,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{Entry, EntryKind, Source, Timeline};

/// Adds entries.
pub(crate) async fn insert_all(tx: &mut Tx, entries: &[Entry]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = entries.iter().map(|e| e.id.uuid()).collect();
    let items: Vec<Uuid> = entries.iter().map(|e| e.item.uuid()).collect();
    let customers: Vec<Uuid> = entries.iter().map(|e| e.customer.uuid()).collect();
    let kinds: Vec<&str> = entries.iter().map(|e| e.kind.label()).collect();
    let amounts: Vec<Decimal> = entries.iter().map(|e| e.amount.amount()).collect();
    let currencies: Vec<&str> = entries.iter().map(|e| e.amount.currency().code()).collect();
    let dates: Vec<NaiveDate> = entries.iter().map(|e| e.effective_on).collect();
    let own_dates: Vec<NaiveDate> = entries.iter().map(|e| e.dated_on).collect();
    let times: Vec<DateTime<Utc>> = entries.iter().map(|e| e.recorded_at).collect();
    let sources: Vec<Option<(&str, Uuid)>> = entries.iter().map(|e| e.source.map(stored_source)).collect();
    let source_kinds: Vec<Option<&str>> = sources.iter().map(|source| source.map(|(kind, _)| kind)).collect();
    let source_ids: Vec<Option<Uuid>> = sources.iter().map(|source| source.map(|(_, id)| id)).collect();
    let actors: Vec<Option<&str>> = entries.iter().map(|e| e.actor.as_ref().map(Actor::name)).collect();
    let people: Vec<Option<&str>> = entries.iter().map(|e| e.actor.as_ref().and_then(Actor::on_behalf_of)).collect();
    let requests: Vec<Option<Uuid>> = entries.iter().map(|e| e.request.map(RequestId::uuid)).collect();
    let reasons: Vec<Option<&str>> =
        entries.iter().map(|e| Some(e.reason.as_str()).filter(|reason| !reason.is_empty())).collect();
    sqlx::query!(
        "insert into entry
           (tenant_id, id, item_id, customer_id, kind, amount, currency, effective_on, dated_on, recorded_at, source_kind, source_id, actor,
            on_behalf_of, request_id, reason)
         select $1, id, item_id, customer_id, kind, amount, currency, effective_on, nullif(dated_on, effective_on), recorded_at, source_kind, source_id,
           actor, on_behalf_of, request_id, reason
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::numeric[], $7::text[], $8::date[], $9::date[], $10::timestamptz[], $11::text[],
           $12::uuid[], $13::text[], $14::text[], $15::uuid[], $16::text[])
           as e (id, item_id, customer_id, kind, amount, currency, effective_on, dated_on, recorded_at, source_kind, source_id, actor, on_behalf_of,
             request_id, reason)",
        tenant,
        &ids,
        &items,
        &customers,
        &kinds as &[&str],
        &amounts,
        &currencies as &[&str],
        &dates,
        &own_dates,
        &times,
        &source_kinds as &[Option<&str>],
        &source_ids as &[Option<Uuid>],
        &actors as &[Option<&str>],
        &people as &[Option<&str>],
        &requests as &[Option<Uuid>],
        &reasons as &[Option<&str>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Kind and id of a source, as they are stored.
fn stored_source(source: Source) -> (&'static str, Uuid) {
    match source {
        Source::Document(id) => ("document", id.uuid()),
        Source::Allocation(id) => ("allocation", id.uuid()),
        Source::CreditNote(id) => ("credit_note", id.uuid()),
        Source::BadDebt(id) => ("bad_debt", id.uuid()),
    }
}

fn source(entry: Uuid, kind: &str, id: Uuid) -> Result<Source, DbError> {
    let source = match kind {
        "document" => Some(Source::Document(InvoiceId::new(id))),
        "allocation" => Some(Source::Allocation(AllocationId::new(id))),
        "credit_note" => Some(Source::CreditNote(CreditNoteId::new(id))),
        "bad_debt" => Some(Source::BadDebt(BadDebtId::new(id))),
        _ => None,
    };
    known("entry", entry, "source", source)
}

/// At most `limit` entries of an item, oldest first, after one.
pub(crate) async fn list_of_item(
    tx: &mut Tx,
    item: ItemId,
    after: Option<EntryId>,
    limit: i64,
) -> Result<Vec<Entry>, DbError> {
    let rows = sqlx::query!(
        r#"select id, customer_id, kind, amount, currency, effective_on, coalesce(dated_on, effective_on) as "dated_on!", recorded_at, source_kind,
           source_id, actor, on_behalf_of, request_id, reason
         from entry
         where tenant_id = $1 and item_id = $2 and ($3::uuid is null or id > $3)
         order by id
         limit $4"#,
        tx.tenant().uuid(),
        item.uuid(),
        after.map(EntryId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let (table, id) = ("entry", row.id);
            let actor = |name: String| Actor::named(&name, row.on_behalf_of.as_deref());
            let currency = stored(table, id, Currency::parse(&row.currency))?;
            let source = row.source_kind.as_deref().zip(row.source_id);
            Ok(Entry {
                id: EntryId::new(id),
                item,
                customer: CustomerId::new(row.customer_id),
                kind: known(table, id, "kind", EntryKind::parse(&row.kind))?,
                amount: money(table, id, row.amount, currency)?,
                effective_on: row.effective_on,
                dated_on: row.dated_on,
                recorded_at: row.recorded_at,
                source: source.map(|(kind, of)| self::source(id, kind, of)).transpose()?,
                actor: row.actor.map(|name| stored(table, id, actor(name))).transpose()?,
                request: row.request_id.map(RequestId::new),
                reason: row.reason.unwrap_or_default(),
            })
        })
        .collect()
}

/// What the entries of these items add, by date.
pub(crate) async fn timelines(tx: &mut Tx, items: &[ItemId]) -> Result<HashMap<ItemId, Timeline>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = items.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select item_id, currency, effective_on, sum(amount) as "amount!"
           from entry
           where tenant_id = $1 and item_id = any($2)
           group by item_id, currency, effective_on
           order by item_id, effective_on"#,
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut added: HashMap<ItemId, Vec<(NaiveDate, Money)>> = HashMap::with_capacity(items.len());
    for row in rows {
        let currency = stored("entry", row.item_id, Currency::parse(&row.currency))?;
        let amount = money("entry", row.item_id, row.amount, currency)?;
        added.entry(ItemId::new(row.item_id)).or_default().push((row.effective_on, amount));
    }
    Ok(added.into_iter().map(|(item, added)| (item, Timeline::new(added))).collect())
}
