//! `ConfirmMatch`: a person chooses one of the explanations that were not certain.

use chrono::{DateTime, Utc};
use quittance_db::{Command, OneOp, OneResult, Tx};
use quittance_kernel::{AllocationId, PaymentId, RequestId, TenantId};

use super::{KeptId, by_hand};
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
    async fn decide(&self, tx: &mut Tx, command: &ConfirmMatch) -> OneResult<(Held, Vec<Allocation>), Error> {
        let id = command.payment;
        let held = match by_hand::hold(tx, id, &command.etag).await? {
            Ok(held) => held,
            Err(error) => return Ok(Err(error)),
        };
        let alternatives = db::review::find(tx, &[id]).await?.remove(&id).unwrap_or_default();
        let Some(chosen) = alternatives.into_iter().nth(command.alternative) else {
            return Ok(Err(Error::ReviewNotFound(id, command.alternative)));
        };
        if chosen.shares.is_empty() {
            return Ok(Err(Error::AlternativeEmpty(id, command.alternative)));
        }
        Ok(self
            .allocate(held.payment.clone(), chosen)
            .map(|(payment, allocations)| (held.decided(payment), allocations)))
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

impl OneOp for Op {
    type Command = ConfirmMatch;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &ConfirmMatch) -> OneResult<KeptId, Error> {
        let (held, allocations) = match self.decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        by_hand::choose(tx, held, &allocations, self.now).await?;
        Ok(Ok(KeptId(command.payment.uuid())))
    }
}

/// Applies what a person confirmed, as far as invoicing answers now.
#[tracing::instrument(name = "payments.confirm_match", skip_all)]
pub(crate) async fn confirm_match(app: &App, tenant: TenantId, command: ConfirmMatch) -> Result<PaymentId, Error> {
    app.today(tenant).await?;
    let now = app.now();
    by_hand::run(app, tenant, now, &Op { now }, command).await
}
