//! `ConfirmMatch`.

use chrono::{DateTime, Utc};
use quittance_kernel::{Actor, AllocationId, PaymentId, PolicyId, RequestId};
use quittance_service::{Etag, Operation};

use super::{Recorded, Write, manual, recorded::allocations_of};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Allocation, Alternative, MatchRule, Payment},
};

/// Applies an uncertain explanation chosen by a person.
#[derive(Debug, Hash)]
pub(crate) struct ConfirmMatch {
    pub(crate) payment: PaymentId,
    /// The index of the explanation, from 0.
    pub(crate) alternative: usize,
    pub(crate) etag: Etag,
}

fn allocate(
    mut payment: Payment,
    chosen: Alternative,
    by: &Actor,
    tolerance_policy: Option<PolicyId>,
    now: DateTime<Utc>,
) -> Result<(Payment, Vec<Allocation>), Error> {
    let batch = RequestId::at(now);
    let subject = format!("payment {}", payment.id);
    let mut allocations = Vec::with_capacity(chosen.shares.len());
    for share in chosen.shares {
        payment.customer = payment.customer.or(Some(share.customer));
        let (next, allocation) = payment
            .allocate(AllocationId::at(now), batch, share, MatchRule::Manual)
            .map_err(|refusal| Error::refused(&subject, refusal))?;
        payment = next;
        allocations.push(Allocation { decided_by: Some(by.clone()), tolerance_policy, ..allocation });
    }
    Ok((payment, allocations))
}

impl Operation for ConfirmMatch {
    const NAME: &'static str = "ConfirmMatch";
    type Settings = TenantSettings;
    type Output = Recorded;

    async fn run(&self, w: &mut Write<'_>) -> Result<Recorded, Error> {
        let id = self.payment;
        let stored = manual::lock(w.tx, id, &self.etag).await?;
        let before = allocations_of(w.tx, id).await?;
        let alternatives = db::review::find(w.tx, &[id]).await?.remove(&id).unwrap_or_default();
        let chosen = alternatives.into_iter().nth(self.alternative);
        let chosen = chosen.ok_or(Error::ReviewNotFound(id, self.alternative))?;
        if chosen.shares.is_empty() {
            return Err(Error::AlternativeEmpty(id, self.alternative));
        }
        let tolerance_policy = db::tolerance::in_force(w.tx, w.now).await?.policy;
        let by = w.origin(0).actor;
        let (payment, new) = allocate(stored.payment.clone(), chosen, &by, tolerance_policy, w.now)?;
        manual::save_chosen(w, stored, payment.clone(), &new).await?;
        Ok(Recorded { payment, allocations: before.into_iter().chain(new.clone()).collect(), waiting: new })
    }
}
