//! The invariants of invoicing's ledger, checked in SQL over all of a tenant's rows.

use quittance_db::{Db, DbError, Found, Invariant, Tx};
use quittance_kernel::TenantId;

use super::{
    recompute,
    verify_credits::{applications, credit_notes, credits},
    verify_periods::{balances, days},
};

/// Checks all invariants of a tenant.
pub(crate) async fn invariants(db: &Db, tenant: TenantId) -> Result<Vec<Invariant>, DbError> {
    let mut tx = db.begin_sums(tenant).await?;
    let invariants = vec![
        Invariant {
            number: 1,
            rule: "an open item is its total less what its entries, settlements and bad debts settled, discounted, wrote off, credited and voided",
            found: items(&mut tx).await?,
        },
        Invariant {
            number: 1,
            rule: "on no date an open item owes less than nothing or more than its total",
            found: dates(&mut tx).await?,
        },
        Invariant {
            number: 1,
            rule: "an issued invoice has one open item over its total, or installments that sum to it",
            found: documents(&mut tx).await?,
        },
        Invariant {
            number: 1,
            rule: "an item that was extended is due when its last extension says, and each extension follows on the one before",
            found: extensions(&mut tx).await?,
        },
        Invariant {
            number: 1,
            rule: "an invoice's net, tax and total are what its lines give by its rounding rule",
            found: recompute::invoices(&mut tx).await?,
        },
        Invariant {
            number: 1,
            rule: "the seller and the customer of a document are kept as they were when it was issued",
            found: versions(&mut tx).await?,
        },
        Invariant {
            number: 6,
            rule: "a series has no gap, no duplicate, and its dates follow its numbers",
            found: series(&mut tx).await?,
        },
        Invariant {
            number: 6,
            rule: "a printed number and a payment reference belong to one document only",
            found: numbers(&mut tx).await?,
        },
        Invariant {
            number: 7,
            rule: "the credit notes of an invoice sum to the cent to an invoice that is credited in full, and to less of any other",
            found: credit_notes(&mut tx).await?,
        },
        Invariant {
            number: 7,
            rule: "a credit is its credit note's total, less what its entries applied and wrote off; what remains is never negative, on no date",
            found: credits(&mut tx).await?,
        },
        Invariant {
            number: 7,
            rule: "what credits applied to an item is what the item was credited, on every date",
            found: applications(&mut tx).await?,
        },
        Invariant {
            number: 4,
            rule: "closed periods follow each other without a gap, up to the last closed day",
            found: days(&mut tx).await?,
        },
        Invariant {
            number: 4,
            rule: "what was open at the end of a closed period is what it was when it was closed",
            found: balances(&mut tx).await?,
        },
    ];
    tx.commit().await?;
    Ok(invariants)
}

/// All tenants, for the reconcilers' role.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!("select tenant_id from tenant").fetch_all(db.system()).await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// The balances of every item equal its entries, and its settlements.
pub(crate) async fn items(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with summed as (
             select item_id,
               min(currency) as currency, max(currency) as last_currency,
               min(customer_id::text) as customer_id, max(customer_id::text) as last_customer_id,
               sum(amount) as open,
               coalesce(sum(amount) filter (where kind = 'invoice'), 0) as total,
               coalesce(-sum(amount) filter (where kind in ('settlement', 'settlement_reversal')), 0) as settled,
               coalesce(-sum(amount) filter (where kind in ('discount', 'discount_reversal')), 0) as discounted,
               coalesce(-sum(amount) filter (where kind in ('write_off', 'write_off_reversal')), 0) as small,
               coalesce(-sum(amount) filter (where kind in ('bad_debt', 'recovery')), 0) as bad_debt,
               coalesce(-sum(amount) filter (where kind in ('credit', 'credit_reversal')), 0) as credited,
               coalesce(-sum(amount) filter (where kind = 'void'), 0) as voided
             from entry
             where tenant_id = $1
             group by item_id
           ), paid as (
             select s.item_id, sum(s.amount) as settled, coalesce(sum(s.discount), 0) as discounted, coalesce(sum(s.write_off), 0) as written_off
             from settlement s
             where s.tenant_id = $1 and not exists (select from reversal r where r.tenant_id = $1 and r.allocation_id = s.allocation_id)
             group by s.item_id
           ), given_up as (
             select item_id, sum(amount - recovered) as bad_debt from bad_debt where tenant_id = $1 group by item_id
           ), compared as (
             select coalesce(o.id, e.item_id) as id,
               o.total is not distinct from e.total
               and o.currency is not distinct from e.currency and e.currency = e.last_currency
               and o.customer_id::text is not distinct from e.customer_id and e.customer_id = e.last_customer_id
               and (o.total - o.settled - o.discounted - o.written_off - o.credited - o.voided) is not distinct from e.open
               and o.settled is not distinct from e.settled and o.settled is not distinct from coalesce(p.settled, 0)
               and o.discounted is not distinct from e.discounted and o.discounted is not distinct from coalesce(p.discounted, 0)
               and o.written_off - o.bad_debt is not distinct from e.small and e.small is not distinct from coalesce(p.written_off, 0)
               and o.bad_debt is not distinct from e.bad_debt and o.bad_debt is not distinct from coalesce(g.bad_debt, 0)
               and o.credited is not distinct from e.credited and o.voided is not distinct from e.voided as holds
             from (select * from open_item where tenant_id = $1) o
             full join summed e on e.item_id = o.id
             left join paid p on p.item_id = o.id
             left join given_up g on g.item_id = o.id
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'item ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// The balance of every item stays within nothing and its total, on every date.
pub(crate) async fn dates(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with moved as (
             select item_id, effective_on, sum(amount) as amount from entry where tenant_id = $1 group by item_id, effective_on
           ), owed as (
             select item_id, sum(amount) over (partition by item_id order by effective_on) as open from moved
           ), compared as (
             select o.id, coalesce(min(e.open) >= 0 and max(e.open) <= o.total, false) as holds
             from (select id, total from open_item where tenant_id = $1) o
             left join owed e on e.item_id = o.id
             group by o.id, o.total
           ), violations as (
             select id from compared where not holds
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'item ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Every issued invoice has one item over its total, or installments that sum to it; they are closed as it is.
pub(crate) async fn documents(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with extended as (
             select item_id, min(previous_due_on) as agreed_due_on from due_date_extension where tenant_id = $1 group by item_id
           ), opened as (
             select coalesce(document_id, id) as id, sum(total) as total, min(currency) as currency, max(currency) as last_currency, count(*) as items,
               coalesce(max(installment), 1) as last, min(customer_id::text) as customer_id, max(customer_id::text) as last_customer_id,
               max(coalesce(agreed_due_on, due_on)) as due_on, sum(voided) as voided
             from open_item
             left join extended on item_id = id
             where tenant_id = $1
             group by 1
           ), compared as (
             select coalesce(i.id, o.id) as id,
               i.total is not distinct from o.total
               and i.currency is not distinct from o.currency and i.currency is not distinct from o.last_currency
               and i.customer_id::text is not distinct from o.customer_id and i.customer_id::text is not distinct from o.last_customer_id
               and i.due_on is not distinct from o.due_on and o.items = o.last
               and (i.state = 'voided') = (o.voided = o.total) as holds
             from (select * from invoice where tenant_id = $1 and state <> 'draft') i
             full join opened o on o.id = i.id
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'invoice ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// The due date of an extended item is that of its last extension; each extension moves on from the one before, and does not count before it.
pub(crate) async fn extensions(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with ordered as (
             select item_id, previous_due_on, due_on, effective_on, lag(due_on) over steps as due_before, lag(effective_on) over steps as effective_before
             from due_date_extension
             where tenant_id = $1
             window steps as (partition by item_id order by due_on)
           ), extended as (
             select item_id, max(due_on) as due_on,
               bool_and(due_before is null or (due_before = previous_due_on and effective_before <= effective_on)) as follows
             from ordered
             group by item_id
           ), compared as (
             select e.item_id as id, e.follows and o.due_on is not distinct from e.due_on as holds
             from extended e
             left join open_item o on o.tenant_id = $1 and o.id = e.item_id
           ), violations as (
             select id from compared where not holds
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'item ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Every version of the tenant or a customer that a document was issued with is kept, or still theirs.
pub(crate) async fn versions(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with issued as (
             select 'invoice ' || id as document, customer_id, tenant_version, customer_version
             from invoice
             where tenant_id = $1 and state <> 'draft'
             union all
             select 'credit note ' || id, customer_id, tenant_version, customer_version from credit_note where tenant_id = $1
           ), seller as (
             select version from tenant where tenant_id = $1
             union all
             select version from tenant_version where tenant_id = $1
           ), buyer as (
             select id as customer_id, version from customer where tenant_id = $1
             union all
             select customer_id, version from customer_version where tenant_id = $1
           ), violations as (
             select i.document
             from issued i
             left join seller s on s.version = i.tenant_version
             left join buyer b on b.customer_id = i.customer_id and b.version = i.customer_version
             where i.tenant_version is not null and (s.version is null or b.version is null)
           )
           select (select count(*) from issued) as "checked!", (select count(*) from violations) as "violations!",
             array(select document from violations order by document limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Gapless series have as many numbers as their counter says, each once; and no document of a series is dated before one with a smaller number.
pub(crate) async fn series(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with numbered as (
             select series_id, number, issued_on from invoice where tenant_id = $1 and number is not null
             union all
             select series_id, number, issued_on from credit_note where tenant_id = $1
           ), parsed as (
             select s.id, s.code, substr(n.number, length(s.prefix) + 1)::bigint as n, n.issued_on
             from series s
             join numbered n on n.series_id = s.id
             where s.tenant_id = $1 and s.kind <> 'external'
           ), ordered as (
             select id, code, n, issued_on, lag(issued_on) over (partition by id order by n) as previous_on from parsed
           ), summed as (
             select id, code, count(*) as documents, count(distinct n) as numbers, min(n) as first, max(n) as last,
               count(*) filter (where issued_on < previous_on) as backwards
             from ordered
             group by id, code
           ), violations as (
             select m.*
             from summed m
             join series s on s.tenant_id = $1 and s.id = m.id
             where m.documents <> m.numbers or m.last - m.first + 1 <> m.numbers or m.last + 1 <> s.next_number or m.backwards > 0
           )
           select (select coalesce(sum(documents), 0)::bigint from summed) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'series ' || code || ': ' || documents || ' documents, numbers ' || first || ' to ' || last from violations order by code limit 20)
               as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// No two documents have one number, and no two invoices one payment reference.
pub(crate) async fn numbers(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with printed as (
             select number as text from invoice where tenant_id = $1 and number is not null
             union all
             select number from credit_note where tenant_id = $1
           ), referred as (
             select payment_reference as text from invoice where tenant_id = $1 and payment_reference is not null
           ), shared as (
             select text, count(*) as documents from printed group by text having count(*) > 1
             union all
             select text, count(*) from referred group by text having count(*) > 1
           )
           select (select count(*) from printed) as "checked!", (select count(*) from shared) as "violations!",
             array(select text || ' stands on ' || documents || ' documents' from shared order by text limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
