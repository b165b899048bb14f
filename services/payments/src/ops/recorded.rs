//! What operations on payments come to: the payment as it is, and what is to be sent to invoicing.

use std::collections::HashMap;

use quittance_db::{Answer, Tx};
use quittance_kernel::{PaymentId, TenantId};
use quittance_service::Outcome;
use uuid::Uuid;

use super::{Batch, settle::settle};
use crate::{
    App, Error, db,
    domain::{Allocation, Payment},
};

/// A payment with all its allocations, as a transaction left them.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) payment: Payment,
    pub(crate) allocations: Vec<Allocation>,
    /// Those of the allocations that the transaction made, or began to reverse: they are to be sent to invoicing.
    pub(crate) waiting: Vec<Allocation>,
}

/// What is kept with a request: which payment it made or changed. A payment goes on changing while invoicing answers, so that a repeated call is answered
/// with the payment as it is by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptPayment(PaymentId);

impl KeptPayment {
    pub(crate) fn of(recorded: &Recorded) -> Self {
        Self(recorded.payment.id)
    }
}

impl Answer for KeptPayment {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.uuid().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        Uuid::from_slice(bytes).map(|id| Self(PaymentId::new(id))).map_err(|error| error.to_string())
    }
}

/// Settles what waits for invoicing, as far as it answers now, and returns the payments as they are then. Recording does not fail because invoicing is
/// away: what it has not agreed to yet stays pending.
pub(crate) async fn settle_recorded(
    app: &App,
    tenant: TenantId,
    outcomes: Vec<Result<Outcome<Recorded, KeptPayment>, Error>>,
) -> Batch<Recorded> {
    let waiting = outcomes.iter().flatten().filter_map(|outcome| outcome.output.as_ref());
    let waiting: Vec<Allocation> = waiting.flat_map(|recorded| recorded.waiting.iter().cloned()).collect();
    let finished = settle(app, tenant, waiting).await;
    let repeated = outcomes.iter().flatten().filter(|outcome| outcome.output.is_none());
    let repeated: Vec<PaymentId> = repeated.map(|outcome| outcome.answer.0).collect();
    let mut repeated = if repeated.is_empty() { HashMap::new() } else { load(app, tenant, &repeated).await? };
    let results = outcomes.into_iter().map(|outcome| {
        let Outcome { answer: KeptPayment(id), output } = outcome?;
        match output {
            Some(recorded) => Ok(finished.of(recorded)),
            None => repeated.remove(&id).ok_or(Error::PaymentNotFound(id)),
        }
    });
    Ok(results.collect())
}

async fn load(app: &App, tenant: TenantId, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Recorded>, Error> {
    let mut tx = app.db().begin(tenant).await?;
    let payments = db::payment::find_all(&mut tx, ids).await?;
    let mut allocations = db::allocation::of_payments(&mut tx, ids).await?;
    tx.commit().await?;
    let with_allocations = |(id, payment)| {
        let allocations = allocations.remove(&id).unwrap_or_default();
        (id, Recorded { payment, allocations, waiting: Vec::new() })
    };
    Ok(payments.into_iter().map(with_allocations).collect())
}

/// All allocations of a payment that is locked.
pub(super) async fn allocations_of(tx: &mut Tx, id: PaymentId) -> Result<Vec<Allocation>, Error> {
    Ok(db::allocation::of_payments(tx, &[id]).await?.remove(&id).unwrap_or_default())
}
