//! `UnapplyPayment`: a person takes allocations back.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Command, OneOp, OneResult, Tx};
use quittance_kernel::{AllocationId, PaymentId, RequestId, TenantId};

use super::{KeptId, by_hand};
use crate::{
    App, Error,
    db::{self, payment::Held},
    domain::{Allocation, AllocationState, Payment, Refusal},
};

/// Reversals that invoicing takes in one call.
const MAX_BATCH: usize = 1_000;

/// Takes allocations back.
#[derive(Debug, Clone, Hash)]
pub(crate) struct UnapplyPayment {
    pub(crate) request: RequestId,
    pub(crate) payment: PaymentId,
    /// Empty: all that are applied.
    pub(crate) allocations: Vec<AllocationId>,
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

impl Command for UnapplyPayment {
    const NAME: &'static str = "UnapplyPayment";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op {
    now: DateTime<Utc>,
    today: NaiveDate,
}

impl Op {
    async fn decide(&self, tx: &mut Tx, command: &UnapplyPayment) -> OneResult<(Held, Vec<Allocation>), Error> {
        let held = match by_hand::hold(tx, command.payment, &command.etag).await? {
            Ok(held) => held,
            Err(error) => return Ok(Err(error)),
        };
        let all =
            db::allocation::of_payments(tx, &[command.payment]).await?.remove(&command.payment).unwrap_or_default();
        let refused = |refusal: Refusal| Error::refused(format!("payment {}", command.payment), refusal);
        Ok(self
            .take_back(held.payment.clone(), command, all)
            .map_err(refused)
            .map(|(payment, allocations)| (held.decided(payment), allocations)))
    }

    fn take_back(
        &self,
        mut payment: Payment,
        command: &UnapplyPayment,
        all: Vec<Allocation>,
    ) -> Result<(Payment, Vec<Allocation>), Refusal> {
        let effective_on = command.effective_on.unwrap_or(self.today);
        let chosen: Vec<Allocation> = if command.allocations.is_empty() {
            all.into_iter().filter(|allocation| allocation.state == AllocationState::Applied).collect()
        } else {
            let find =
                |id: &AllocationId| all.iter().find(|a| a.id == *id).cloned().ok_or(Refusal::AllocationNotFound(*id));
            command.allocations.iter().map(find).collect::<Result<_, _>>()?
        };
        let mut reversing = Vec::with_capacity(chosen.len());
        let mut batch = RequestId::at(self.now);
        for (place, allocation) in chosen.into_iter().enumerate() {
            if place > 0 && place % MAX_BATCH == 0 {
                batch = RequestId::at(self.now);
            }
            let (next, allocation) = payment.start_reversal(allocation, batch, effective_on, command.reason.clone())?;
            payment = next;
            reversing.push(allocation);
        }
        Ok((payment, reversing))
    }
}

impl OneOp for Op {
    type Command = UnapplyPayment;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &UnapplyPayment) -> OneResult<KeptId, Error> {
        let (held, allocations) = match self.decide(tx, command).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        // What was wrong teaches nothing.
        db::payer::forget(tx, command.payment).await?;
        by_hand::save(tx, held, &[], self.now).await?;
        db::allocation::update_states(tx, &allocations, self.now).await?;
        Ok(Ok(KeptId(command.payment.uuid())))
    }
}

/// Takes allocations back, as far as invoicing answers now.
#[tracing::instrument(name = "payments.unapply_payment", skip_all)]
pub(crate) async fn unapply_payment(app: &App, tenant: TenantId, command: UnapplyPayment) -> Result<PaymentId, Error> {
    let today = app.today(tenant).await?;
    let now = app.now();
    by_hand::run(app, tenant, now, &Op { now, today }, command).await
}
