//! `ApplyPayment`: a person chooses what unapplied money pays.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Command, OneOp, OneResult, Tx};
use quittance_kernel::{AllocationId, ItemId, Money, PaymentId, RequestId, TenantId, WriteOff};

use super::{KeptId, by_hand};
use crate::{
    App, Error,
    db::{self, item::Sought, payment::Held},
    domain::{Allocation, Candidate, MatchRule, Payment, Refusal, Share, allocation::counts_on},
};

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Chosen {
    pub(crate) item: ItemId,
    pub(crate) amount: Money,
    pub(crate) discount: Option<Money>,
    pub(crate) write_off: Option<WriteOff>,
}

/// Applies unapplied money.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ApplyPayment {
    pub(crate) request: RequestId,
    pub(crate) payment: PaymentId,
    pub(crate) allocations: Vec<Chosen>,
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) etag: String,
}

impl Command for ApplyPayment {
    const NAME: &'static str = "ApplyPayment";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op {
    now: DateTime<Utc>,
}

impl Op {
    async fn decide(&self, tx: &mut Tx, command: &ApplyPayment) -> OneResult<(Held, Vec<Allocation>), Error> {
        let held = match by_hand::hold(tx, command.payment, &command.etag).await? {
            Ok(held) => held,
            Err(error) => return Ok(Err(error)),
        };
        let sought =
            Sought { items: command.allocations.iter().map(|chosen| chosen.item).collect(), ..Sought::default() };
        let items = db::item::find(tx, &sought).await?;
        Ok(self
            .allocate(held.payment.clone(), command, &items)
            .map(|(payment, allocations)| (held.decided(payment), allocations)))
    }

    fn allocate(
        &self,
        mut payment: Payment,
        command: &ApplyPayment,
        items: &[Candidate],
    ) -> Result<(Payment, Vec<Allocation>), Error> {
        let batch = RequestId::at(self.now);
        let refused = |refusal: Refusal| Error::refused(format!("payment {}", command.payment), refusal);
        let mut allocations = Vec::with_capacity(command.allocations.len());
        for chosen in &command.allocations {
            let item = items.iter().find(|item| item.item == chosen.item).ok_or(Error::ItemNotFound(chosen.item))?;
            chosen.amount.compare(item.total).map_err(|error| refused(error.into()))?;
            let share = Share {
                item: item.item,
                customer: item.customer,
                number: item.number.clone(),
                amount: chosen.amount,
                discount: chosen.discount,
                write_off: chosen.write_off,
                effective_on: command.effective_on.unwrap_or(counts_on(payment.received_on, item.issued_on)),
            };
            let (next, allocation) =
                payment.allocate(AllocationId::at(self.now), batch, share, MatchRule::Manual).map_err(refused)?;
            payment = next;
            allocations.push(allocation);
        }
        let one_customer =
            allocations.first().map(|a| a.customer).filter(|first| allocations.iter().all(|a| a.customer == *first));
        payment.customer = payment.customer.or(one_customer);
        payment.match_outcome.rule = payment.match_outcome.rule.or(Some(MatchRule::Manual));
        Ok((payment, allocations))
    }
}

impl OneOp for Op {
    type Command = ApplyPayment;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &ApplyPayment) -> OneResult<KeptId, Error> {
        let (held, allocations) = match self.decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        by_hand::choose(tx, held, &allocations, self.now).await?;
        Ok(Ok(KeptId(command.payment.uuid())))
    }
}

/// Applies unapplied money to items that a person chose, as far as invoicing answers now.
#[tracing::instrument(name = "payments.apply_payment", skip_all)]
pub(crate) async fn apply_payment(app: &App, tenant: TenantId, command: ApplyPayment) -> Result<PaymentId, Error> {
    app.today(tenant).await?;
    let now = app.now();
    by_hand::run(app, tenant, now, &Op { now }, command).await
}
