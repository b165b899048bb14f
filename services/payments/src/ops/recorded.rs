//! Results of operations on payments: the payment, and the allocations to send to invoicing.

use std::collections::HashMap;

use quittance_db::{StorableResponse, Tx};
use quittance_kernel::{PaymentId, TenantId};
use quittance_service::Outcome;
use uuid::Uuid;

use super::{Batch, settle::settle};
use crate::{
    App, Error, db,
    domain::{Allocation, Payment},
};

/// More than the bytes of a reason.
const MAX_REJECTION_BYTES: usize = 64;

/// A payment with all its allocations, as a transaction left them.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) payment: Payment,
    pub(crate) allocations: Vec<Allocation>,
    /// The allocations that the transaction created or began to reverse, to send to invoicing.
    pub(crate) waiting: Vec<Allocation>,
}

/// The stored response of a request: the payment it created or changed. The payment changes further when invoicing responds, so a repeated call returns
/// the payment's current state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PaymentResponse {
    id: PaymentId,
    /// The bytes of the payment in the response of a batch, where they are limited.
    bytes: usize,
}

impl PaymentResponse {
    pub(crate) fn of(recorded: &Recorded) -> Self {
        Self { id: recorded.payment.id, bytes: 0 }
    }

    /// The same, for a batch that is to have the whole payments: so many bytes, as far as they are known.
    pub(crate) fn sized(recorded: &Recorded, bytes: usize) -> Self {
        // Invoicing may give a reason for each allocation.
        Self { id: recorded.payment.id, bytes: bytes + recorded.allocations.len() * MAX_REJECTION_BYTES }
    }
}

impl StorableResponse for PaymentResponse {
    fn to_bytes(&self) -> Vec<u8> {
        self.id.uuid().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8], _is_basic: bool) -> Result<Self, String> {
        let id = Uuid::from_slice(bytes).map_err(|error| error.to_string())?;
        Ok(Self { id: PaymentId::new(id), bytes: 0 })
    }

    fn size(&self) -> usize {
        self.bytes
    }
}

/// Settles what waits for invoicing, as far as it responds now, and returns the payments after that. Recording does not fail if invoicing is
/// unavailable: allocations without agreement stay pending.
pub(crate) async fn settle_recorded(
    app: &App,
    tenant: TenantId,
    outcomes: Vec<Result<Outcome<Recorded, PaymentResponse>, Error>>,
) -> Batch<Recorded> {
    let waiting = outcomes.iter().flatten().filter_map(|outcome| outcome.output.as_ref());
    let waiting: Vec<Allocation> = waiting.flat_map(|recorded| recorded.waiting.iter().cloned()).collect();
    let finished = settle(app, tenant, waiting).await;
    let repeated = outcomes.iter().flatten().filter(|outcome| outcome.output.is_none());
    let repeated: Vec<PaymentId> = repeated.map(|outcome| outcome.response.id).collect();
    let mut repeated = if repeated.is_empty() { HashMap::new() } else { load(app, tenant, &repeated).await? };
    let results = outcomes.into_iter().map(|outcome| {
        let Outcome { response: PaymentResponse { id, .. }, output } = outcome?;
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
