//! `ApplyPayment`.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{Actor, AllocationId, ItemId, Money, PaymentId, PolicyId, RequestId, WriteOff};
use quittance_service::{Etag, Operation};

use super::{Recorded, Write, manual, recorded::allocations_of};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemQuery},
    domain::{Allocation, Candidate, MatchRule, Payment, Refusal, Share, allocation::counts_on},
};

/// A chosen item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Chosen {
    pub(crate) item: ItemId,
    pub(crate) amount: Money,
    pub(crate) discount: Option<Money>,
    pub(crate) write_off: Option<WriteOff>,
}

/// Applies unapplied money to items chosen by a person.
#[derive(Debug, Hash)]
pub(crate) struct ApplyPayment {
    pub(crate) payment: PaymentId,
    pub(crate) allocations: Vec<Chosen>,
    /// `None` for the later of the value date and the item's issue date.
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) etag: Etag,
}

impl ApplyPayment {
    fn allocate(
        &self,
        mut payment: Payment,
        items: &[Candidate],
        by: &Actor,
        tolerance_policy: Option<PolicyId>,
        now: DateTime<Utc>,
    ) -> Result<(Payment, Vec<Allocation>), Error> {
        let batch = RequestId::at(now);
        let refused = |refusal: Refusal| Error::refused(format!("payment {}", self.payment), refusal);
        let mut allocations = Vec::with_capacity(self.allocations.len());
        for chosen in &self.allocations {
            let item = items.iter().find(|item| item.item == chosen.item).ok_or(Error::ItemNotFound(chosen.item))?;
            chosen.amount.compare(item.total).map_err(|error| refused(error.into()))?;
            let share = Share {
                item: item.item,
                customer: item.customer,
                number: item.number.clone(),
                amount: chosen.amount,
                discount: chosen.discount,
                write_off: chosen.write_off,
                effective_on: self.effective_on.unwrap_or(counts_on(payment.received_on, item.issued_on)),
            };
            let (next, allocation) =
                payment.allocate(AllocationId::at(now), batch, share, MatchRule::Manual).map_err(refused)?;
            payment = next;
            allocations.push(Allocation { decided_by: Some(by.clone()), tolerance_policy, ..allocation });
        }
        let one_customer =
            allocations.first().map(|a| a.customer).filter(|first| allocations.iter().all(|a| a.customer == *first));
        payment.customer = payment.customer.or(one_customer);
        payment.match_outcome.rule = payment.match_outcome.rule.or(Some(MatchRule::Manual));
        Ok((payment, allocations))
    }
}

impl Operation for ApplyPayment {
    const NAME: &'static str = "ApplyPayment";
    type Settings = TenantSettings;
    type Output = Recorded;

    async fn run(&self, w: &mut Write<'_>) -> Result<Recorded, Error> {
        let stored = manual::lock(w.tx, self.payment, &self.etag).await?;
        let before = allocations_of(w.tx, self.payment).await?;
        let items = self.allocations.iter().map(|chosen| chosen.item).collect();
        let items = db::item::find(w.tx, &ItemQuery { items, ..ItemQuery::default() }).await?;
        let tolerance_policy = db::tolerance::in_force(w.tx, w.now).await?.policy;
        let by = w.origin(0).actor;
        let (payment, new) = self.allocate(stored.payment.clone(), &items, &by, tolerance_policy, w.now)?;
        manual::save_chosen(w, stored, payment.clone(), &new).await?;
        Ok(Recorded { payment, allocations: before.into_iter().chain(new.clone()).collect(), waiting: new })
    }
}
