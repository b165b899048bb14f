//! Customers by account and payer name: from customers' records, and learned from people's choices.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::{CustomerId, PaymentId};
use uuid::Uuid;

use quittance_matching::Origin;

/// The most customers considered for one payer name.
const MAX_ALIKE: i64 = 10;

/// A candidate customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) customer: CustomerId,
    /// The search key.
    pub(crate) key: String,
    pub(crate) origin: Origin,
}

fn origin(learned: bool) -> Origin {
    if learned { Origin::Learned } else { Origin::Record }
}

/// The customers that pay from each account.
pub(crate) async fn of_accounts(tx: &mut Tx, accounts: &[String]) -> Result<Vec<Owner>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"select requested.account as "key!", a.customer_id as "customer_id!", false as "learned!"
           from unnest($2::text[]) as requested (account)
           join customer_account a on a.tenant_id = $1 and a.account = requested.account
           union
           select requested.account, a.customer_id, true
           from unnest($2::text[]) as requested (account)
           join payer_alias a on a.tenant_id = $1 and a.kind = 'account' and a.key = requested.account
           order by 1, 2, 3"#,
        tenant,
        accounts,
    )
    .fetch_all(&mut **tx)
    .await?;
    let owner =
        |customer: Uuid, key, learned| Owner { customer: CustomerId::new(customer), key, origin: origin(learned) };
    Ok(rows.into_iter().map(|row| owner(row.customer_id, row.key, row.learned)).collect())
}

/// The customers learned for each payer name, by [`quittance_matching::name_core`].
pub(crate) async fn of_names(tx: &mut Tx, names: &[String]) -> Result<Vec<Owner>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"select a.key, a.customer_id
           from unnest($2::text[]) as requested (name)
           join payer_alias a on a.tenant_id = $1 and a.kind = 'name' and a.key = requested.name
           group by a.key, a.customer_id
           order by a.key, a.customer_id"#,
        tenant,
        names,
    )
    .fetch_all(&mut **tx)
    .await?;
    let owner = |customer: Uuid, key| Owner { customer: CustomerId::new(customer), key, origin: Origin::Learned };
    Ok(rows.into_iter().map(|row| owner(row.customer_id, row.key)).collect())
}

/// Customers whose name is one of these, or begins with the same word.
pub(crate) async fn alike(tx: &mut Tx, names: &[String]) -> Result<Vec<CustomerId>, DbError> {
    let tenant = tx.tenant().uuid();
    // One short word is not enough to search by.
    let words: Vec<String> = names.iter().map(|name| name.split(' ').next().unwrap_or_default().to_owned()).collect();
    let rows = sqlx::query_scalar!(
        r#"select c.id as "id!"
           from unnest($2::text[], $3::text[]) as requested (name, word)
           join customer c on c.tenant_id = $1 and c.name_core = requested.name
           union
           select c.id
           from unnest($2::text[], $3::text[]) as requested (name, word)
           cross join lateral (
             select id from customer
             where tenant_id = $1 and length(requested.word) > 3 and name_core >= requested.word || ' ' collate "C" and name_core < requested.word || '!' collate "C"
             order by name_core
             limit $4
           ) c"#,
        tenant,
        names,
        &words,
        MAX_ALIKE,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(CustomerId::new).collect())
}

/// The names of customers.
pub(crate) async fn names(tx: &mut Tx, customers: &[CustomerId]) -> Result<Vec<(CustomerId, String)>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = customers.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!("select id, name from customer where tenant_id = $1 and id = any($2)", tenant, &ids)
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.into_iter().map(|row| (CustomerId::new(row.id), row.name)).collect())
}

/// Learns that a payment's account and name are a customer's. Empty ones are ignored.
pub(crate) async fn learn(
    tx: &mut Tx,
    payment: PaymentId,
    customer: CustomerId,
    account: &str,
    name: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into payer_alias (tenant_id, kind, key, customer_id, payment_id, learned_at)
         select $1, v.kind, v.key, $2, $3, $6
         from (values ('account', $4::text), ('name', $5::text)) as v (kind, key)
         where v.key <> ''
         on conflict on constraint payer_alias_pkey do nothing",
        tenant,
        customer.uuid(),
        payment.uuid(),
        account,
        name,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes what was learned from a payment.
pub(crate) async fn forget(tx: &mut Tx, payment: PaymentId) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("delete from payer_alias where tenant_id = $1 and payment_id = $2", tenant, payment.uuid())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
