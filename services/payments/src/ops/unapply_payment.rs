//! `UnapplyPayment`.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{Actor, AllocationId, PaymentId, RequestId};
use quittance_service::{Etag, Operation};

use super::{Recorded, Write, manual, recorded::allocations_of};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Allocation, AllocationState, Payment, Refusal},
};

/// The most reversals of one call to invoicing.
const MAX_BATCH: usize = 1_000;

/// Reverses allocations of a payment: its money is unapplied again.
#[derive(Debug, Hash)]
pub(crate) struct UnapplyPayment {
    pub(crate) payment: PaymentId,
    /// The allocations to reverse; empty for all applied ones.
    pub(crate) allocations: Vec<AllocationId>,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) reason: String,
    pub(crate) etag: Etag,
}

impl UnapplyPayment {
    fn start_reversals(
        &self,
        mut payment: Payment,
        all: &[Allocation],
        by: &Actor,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<(Payment, Vec<Allocation>), Refusal> {
        let effective_on = self.effective_on.unwrap_or(today);
        if effective_on > today {
            return Err(Refusal::EffectiveInFuture { effective_on, today });
        }
        let chosen: Vec<Allocation> = if self.allocations.is_empty() {
            all.iter().filter(|allocation| allocation.state == AllocationState::Applied).cloned().collect()
        } else {
            let find =
                |id: &AllocationId| all.iter().find(|a| a.id == *id).cloned().ok_or(Refusal::AllocationNotFound(*id));
            self.allocations.iter().map(find).collect::<Result<_, _>>()?
        };
        if chosen.is_empty() {
            return Err(Refusal::NothingApplied);
        }
        let mut reversing = Vec::with_capacity(chosen.len());
        let mut batch = RequestId::at(now);
        for (place, allocation) in chosen.into_iter().enumerate() {
            if place > 0 && place % MAX_BATCH == 0 {
                batch = RequestId::at(now);
            }
            let (next, allocation) = payment.start_reversal(allocation, batch, effective_on, self.reason.clone())?;
            payment = next;
            reversing.push(Allocation { decided_by: Some(by.clone()), ..allocation });
        }
        Ok((payment, reversing))
    }
}

impl Operation for UnapplyPayment {
    const NAME: &'static str = "UnapplyPayment";
    type Settings = TenantSettings;
    type Output = Recorded;

    async fn run(&self, w: &mut Write<'_>) -> Result<Recorded, Error> {
        let id = self.payment;
        let stored = manual::lock(w.tx, id, &self.etag).await?;
        let mut allocations = allocations_of(w.tx, id).await?;
        let (payment, reversing) = self
            .start_reversals(stored.payment.clone(), &allocations, &w.origin(0).actor, w.today()?, w.now)
            .map_err(|refusal| Error::refused(format!("payment {id}"), refusal))?;
        // A wrong match is not evidence for the customer of the payer's account and name.
        db::payer::forget(w.tx, id).await?;
        manual::save(w, stored.decided(payment.clone()), &[]).await?;
        db::allocation::update_states(w.tx, &reversing, w.now).await?;
        for allocation in &mut allocations {
            if let Some(changed) = reversing.iter().find(|changed| changed.id == allocation.id) {
                allocation.clone_from(changed);
            }
        }
        Ok(Recorded { payment, allocations, waiting: reversing })
    }
}
