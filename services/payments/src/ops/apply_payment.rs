//! `ApplyPayment`: a person chooses what unapplied money pays.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Command, DbError, SliceOp, Tx, run_one};
use quittance_kernel::{AllocationId, ItemId, Money, PaymentId, RequestId, TenantId, WriteOff};

use super::{KeptId, account_key, is_stale, settle::settle_waiting};
use crate::{
    App, Error,
    db::{self, item::Sought, payment::Held},
    domain::{Allocation, Candidate, MatchRule, Payment, Refusal, Share, allocation::counts_on, matching::name_core},
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
    async fn decide(
        &self,
        tx: &mut Tx,
        command: &ApplyPayment,
    ) -> Result<Result<(Held, Vec<Allocation>), Error>, DbError> {
        let Some(held) = db::payment::lock_all(tx, &[command.payment]).await?.remove(&command.payment) else {
            return Ok(Err(Error::PaymentNotFound(command.payment)));
        };
        if is_stale(&command.etag, held.payment.version) {
            return Ok(Err(Error::Stale(command.payment)));
        }
        let sought =
            Sought { items: command.allocations.iter().map(|chosen| chosen.item).collect(), ..Sought::default() };
        let items = db::item::find(tx, &sought).await?;
        Ok(self.allocate(held.payment.clone(), command, &items).map(|(payment, allocations)| {
            // From here on a person decides about this payment.
            (Held { payment, by_hand: true, match_due_at: None, ..held }, allocations)
        }))
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

impl SliceOp for Op {
    type Command = ApplyPayment;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&ApplyPayment]) -> Result<Vec<Result<KeptId, Error>>, DbError> {
        let mut answers = Vec::with_capacity(commands.len());
        for command in commands {
            let answer = match self.decide(tx, command).await? {
                Ok((held, allocations)) => {
                    learn(tx, &held.payment, &allocations, self.now).await?;
                    save_by_hand(tx, held, &allocations, self.now).await?;
                    Ok(KeptId(command.payment.uuid()))
                }
                Err(error) => Err(error),
            };
            answers.push(answer);
        }
        Ok(answers)
    }
}

/// What a person chose teaches whose the payer's account and name are, if all of it is one customer's.
pub(super) async fn learn(
    tx: &mut Tx,
    payment: &Payment,
    chosen: &[Allocation],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Some(customer) = chosen.first().map(|first| first.customer) else { return Ok(()) };
    if chosen.iter().any(|allocation| allocation.customer != customer) {
        return Ok(());
    }
    let (account, name) = (account_key(&payment.payer_account), name_core(&payment.payer_name));
    db::payer::learn(tx, payment.id, customer, &account, &name, now).await
}

/// Writes what a person decided: matching leaves the payment alone from then on.
pub(super) async fn save_by_hand(
    tx: &mut Tx,
    held: Held,
    allocations: &[Allocation],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let payment = held.payment.id;
    db::review::put(tx, &[(payment, Vec::new())], now).await?;
    db::payment::update_all(tx, &[held]).await?;
    db::payment::delete_keys(tx, &[payment]).await?;
    db::allocation::insert_all(tx, allocations, now).await
}

/// Applies unapplied money to items that a person chose, as far as invoicing answers now.
#[tracing::instrument(name = "payments.apply_payment", skip_all)]
pub(crate) async fn apply_payment(app: &App, tenant: TenantId, command: ApplyPayment) -> Result<PaymentId, Error> {
    app.today(tenant).await?;
    let now = app.now();
    let kept = run_one(app.db(), tenant, now, &Op { now }, command).await?;
    let payment = PaymentId::new(kept.0);
    settle_waiting(app, tenant, &[payment]).await?;
    Ok(payment)
}
