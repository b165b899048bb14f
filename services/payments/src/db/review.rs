//! Alternatives for review.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx,
    row::{known, money, stored},
};
use quittance_kernel::{Currency, CustomerId, ItemId, Money, PaymentId, WriteOff, WriteOffReason};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{Alternative, MatchRule, Share, UnappliedReason};

const TABLE: &str = "match_review";

/// A stored alternative.
#[derive(Debug, Serialize, Deserialize)]
struct StoredAlternative {
    rule: String,
    score: u16,
    doubt: Option<String>,
    evidence: Vec<String>,
    currency: String,
    left_over: Decimal,
    left_open: Decimal,
    shares: Vec<StoredShare>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredShare {
    item: Uuid,
    customer: Uuid,
    number: String,
    amount: Decimal,
    discount: Option<Decimal>,
    write_off: Option<Decimal>,
    write_off_reason: Option<String>,
    effective_on: NaiveDate,
}

impl From<&Alternative> for StoredAlternative {
    fn from(alternative: &Alternative) -> StoredAlternative {
        StoredAlternative {
            rule: alternative.rule.label().to_owned(),
            score: alternative.score,
            doubt: alternative.doubt.map(|doubt| doubt.label().to_owned()),
            evidence: alternative.evidence.clone(),
            currency: alternative.left_over.currency().code().to_owned(),
            left_over: alternative.left_over.amount(),
            left_open: alternative.left_open.amount(),
            shares: alternative.shares.iter().map(StoredShare::from).collect(),
        }
    }
}

impl From<&Share> for StoredShare {
    fn from(share: &Share) -> StoredShare {
        StoredShare {
            item: share.item.uuid(),
            customer: share.customer.uuid(),
            number: share.number.clone(),
            amount: share.amount.amount(),
            discount: share.discount.map(Money::amount),
            write_off: share.write_off.map(|write_off| write_off.amount.amount()),
            write_off_reason: share.write_off.map(|write_off| write_off.reason.label().to_owned()),
            effective_on: share.effective_on,
        }
    }
}

impl StoredAlternative {
    fn read(self, id: Uuid) -> Result<Alternative, DbError> {
        let currency = stored(TABLE, id, Currency::parse(&self.currency))?;
        let doubt = self.doubt.map(|label| known(TABLE, id, "doubt", UnappliedReason::parse(&label))).transpose()?;
        Ok(Alternative {
            rule: known(TABLE, id, "rule", MatchRule::parse(&self.rule))?,
            score: self.score,
            doubt,
            evidence: self.evidence,
            shares: self.shares.into_iter().map(|share| share.read(id, currency)).collect::<Result<_, _>>()?,
            left_over: money(TABLE, id, self.left_over, currency)?,
            left_open: money(TABLE, id, self.left_open, currency)?,
        })
    }
}

impl StoredShare {
    fn read(self, id: Uuid, currency: Currency) -> Result<Share, DbError> {
        let write_off = match (self.write_off, self.write_off_reason) {
            (Some(amount), Some(reason)) => Some(WriteOff {
                amount: money(TABLE, id, amount, currency)?,
                reason: known(TABLE, id, "write_off_reason", WriteOffReason::parse(&reason))?,
            }),
            _ => None,
        };
        Ok(Share {
            item: ItemId::new(self.item),
            customer: CustomerId::new(self.customer),
            number: self.number,
            amount: money(TABLE, id, self.amount, currency)?,
            discount: self.discount.map(|discount| money(TABLE, id, discount, currency)).transpose()?,
            write_off,
            effective_on: self.effective_on,
        })
    }
}

/// Replaces the alternatives of each payment; deletes them if empty. Returns the payments of which anything changed.
pub(crate) async fn put(
    tx: &mut Tx,
    reviews: &[(PaymentId, Vec<Alternative>)],
    now: DateTime<Utc>,
) -> Result<HashSet<PaymentId>, DbError> {
    let mut changed = HashSet::new();
    if reviews.is_empty() {
        return Ok(changed);
    }
    let tenant = tx.tenant().uuid();
    let none: Vec<Uuid> = reviews.iter().filter(|(_, found)| found.is_empty()).map(|(id, _)| id.uuid()).collect();
    if !none.is_empty() {
        let deleted = sqlx::query_scalar!(
            "delete from match_review where tenant_id = $1 and payment_id = any($2) returning payment_id",
            tenant,
            &none,
        );
        changed.extend(deleted.fetch_all(&mut **tx).await?.into_iter().map(PaymentId::new));
    }
    let (mut ids, mut texts) = (Vec::new(), Vec::new());
    for (payment, alternatives) in reviews.iter().filter(|(_, found)| !found.is_empty()) {
        let kept: Vec<StoredAlternative> = alternatives.iter().map(StoredAlternative::from).collect();
        ids.push(payment.uuid());
        texts.push(stored(TABLE, payment.uuid(), serde_json::to_string(&kept))?);
    }
    if ids.is_empty() {
        return Ok(changed);
    }
    let written = sqlx::query_scalar!(
        "insert into match_review (tenant_id, payment_id, alternatives, proposed_at)
         select $1, v.id, v.alternatives::jsonb, $4
         from unnest($2::uuid[], $3::text[]) as v (id, alternatives)
         on conflict on constraint match_review_pkey
         do update set alternatives = excluded.alternatives, proposed_at = excluded.proposed_at
         where match_review.alternatives <> excluded.alternatives
         returning payment_id",
        tenant,
        &ids,
        &texts,
        now,
    );
    changed.extend(written.fetch_all(&mut **tx).await?.into_iter().map(PaymentId::new));
    Ok(changed)
}

/// The alternatives of these payments.
pub(crate) async fn find(tx: &mut Tx, payments: &[PaymentId]) -> Result<HashMap<PaymentId, Vec<Alternative>>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = payments.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select payment_id, alternatives::text as "alternatives!" from match_review where tenant_id = $1 and payment_id = any($2)"#,
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let read = rows.into_iter().map(|row| {
        let kept: Vec<StoredAlternative> = stored(TABLE, row.payment_id, serde_json::from_str(&row.alternatives))?;
        let alternatives = kept.into_iter().map(|kept| kept.read(row.payment_id)).collect::<Result<_, _>>()?;
        Ok((PaymentId::new(row.payment_id), alternatives))
    });
    read.collect()
}

/// Payments to be reviewed by a person, in the order they were recorded.
pub(crate) async fn list(tx: &mut Tx, after: Option<PaymentId>, limit: i64) -> Result<Vec<PaymentId>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids = sqlx::query_scalar!(
        "select payment_id from match_review where tenant_id = $1 and ($2::uuid is null or payment_id > $2) order by payment_id limit $3",
        tenant,
        after.map(PaymentId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(PaymentId::new).collect())
}

#[cfg(test)]
#[path = "review_tests.rs"]
mod tests;
