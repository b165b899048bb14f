//! `ConfirmMatch`: a person chooses one of the explanations that were not certain.

use chrono::{DateTime, Utc};
use quittance_db::{Command, DbError, SliceOp, Tx, run_one};
use quittance_kernel::{AllocationId, PaymentId, RequestId, TenantId};

use super::{
    KeptId,
    apply_payment::{learn, save_by_hand},
    is_stale,
    settle::settle_waiting,
};
use crate::{
    App, Error,
    db::{self, payment::Held},
    domain::{Allocation, Alternative, MatchRule, Payment},
};

/// Applies one of the explanations.
#[derive(Debug, Clone, Hash)]
pub(crate) struct ConfirmMatch {
    pub(crate) request: RequestId,
    pub(crate) payment: PaymentId,
    /// Which, from 0.
    pub(crate) alternative: usize,
    pub(crate) etag: String,
}

impl Command for ConfirmMatch {
    const NAME: &'static str = "ConfirmMatch";

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
        command: &ConfirmMatch,
    ) -> Result<Result<(Held, Vec<Allocation>), Error>, DbError> {
        let id = command.payment;
        let Some(held) = db::payment::lock_all(tx, &[id]).await?.remove(&id) else {
            return Ok(Err(Error::PaymentNotFound(id)));
        };
        if is_stale(&command.etag, held.payment.version) {
            return Ok(Err(Error::Stale(id)));
        }
        let alternatives = db::review::find(tx, &[id]).await?.remove(&id).unwrap_or_default();
        let Some(chosen) = alternatives.into_iter().nth(command.alternative) else {
            return Ok(Err(Error::ReviewNotFound(id, command.alternative)));
        };
        if chosen.shares.is_empty() {
            return Ok(Err(Error::AlternativeEmpty(id, command.alternative)));
        }
        Ok(self
            .allocate(held.payment.clone(), chosen)
            .map(|(payment, allocations)| (Held { payment, by_hand: true, match_due_at: None, ..held }, allocations)))
    }

    fn allocate(&self, mut payment: Payment, chosen: Alternative) -> Result<(Payment, Vec<Allocation>), Error> {
        let batch = RequestId::at(self.now);
        let subject = format!("payment {}", payment.id);
        let mut allocations = Vec::with_capacity(chosen.shares.len());
        for share in chosen.shares {
            payment.customer = payment.customer.or(Some(share.customer));
            let (next, allocation) = payment
                .allocate(AllocationId::at(self.now), batch, share, MatchRule::Manual)
                .map_err(|refusal| Error::refused(&subject, refusal))?;
            payment = next;
            allocations.push(allocation);
        }
        Ok((payment, allocations))
    }
}

impl SliceOp for Op {
    type Command = ConfirmMatch;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&ConfirmMatch]) -> Result<Vec<Result<KeptId, Error>>, DbError> {
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

/// Applies what a person confirmed, as far as invoicing answers now.
#[tracing::instrument(name = "payments.confirm_match", skip_all)]
pub(crate) async fn confirm_match(app: &App, tenant: TenantId, command: ConfirmMatch) -> Result<PaymentId, Error> {
    app.today(tenant).await?;
    let now = app.now();
    let kept = run_one(app.db(), tenant, now, &Op { now }, command).await?;
    let payment = PaymentId::new(kept.0);
    settle_waiting(app, tenant, &[payment]).await?;
    Ok(payment)
}
