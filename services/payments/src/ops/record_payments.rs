//! `RecordPayment` and its batch form: the hot path. Recording never fails because invoicing is away: what it has not agreed to yet is pending.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Command, DbError, SliceOp, Tx, run_slice};
use quittance_kernel::{CustomerId, PaymentId, RequestId, TenantId};

use super::{KeptId, Results, match_payments::record_matched, settle::settle_waiting};
use crate::{
    App, Error, db,
    domain::{NewPayment, Payment},
    outbox,
};

/// Records money received.
#[derive(Debug, Clone, Hash)]
pub(crate) struct RecordPayment {
    pub(crate) request: RequestId,
    pub(crate) payment: NewPayment,
}

impl Command for RecordPayment {
    const NAME: &'static str = "RecordPayment";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op {
    now: DateTime<Utc>,
    today: NaiveDate,
}

impl Op {
    /// The payments that may be recorded, or why not.
    async fn accept(&self, tx: &mut Tx, commands: &[&RecordPayment]) -> Results<Payment> {
        let references: Vec<String> = commands.iter().filter_map(|c| c.payment.external_reference.clone()).collect();
        let mut taken =
            if references.is_empty() { HashSet::new() } else { db::payment::taken_references(tx, &references).await? };
        let customers: Vec<CustomerId> = commands.iter().filter_map(|c| c.payment.customer).collect();
        let known =
            if customers.is_empty() { HashSet::new() } else { db::item::known_customers(tx, &customers).await? };
        let accepted = commands.iter().map(|command| {
            let new = &command.payment;
            if let Some(customer) = new.customer.filter(|customer| !known.contains(customer)) {
                return Err(Error::CustomerNotFound(customer));
            }
            let id = PaymentId::at(self.now);
            let payment = Payment::record(id, new.clone(), self.today, self.now)
                .map_err(|refusal| Error::refused("payment", refusal))?;
            match &new.external_reference {
                Some(reference) if !taken.insert(reference.clone()) => {
                    Err(Error::ExternalReferenceTaken(reference.clone()))
                }
                _ => Ok(payment),
            }
        });
        Ok(accepted.collect())
    }
}

impl SliceOp for Op {
    type Command = RecordPayment;
    type Answer = KeptId;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, commands: &[&RecordPayment]) -> Result<Vec<Result<KeptId, Error>>, DbError> {
        let mut payments = Vec::with_capacity(commands.len());
        let accepted: Vec<Result<(), Error>> = self
            .accept(tx, commands)
            .await?
            .into_iter()
            .map(|result| result.map(|payment| payments.push(payment)))
            .collect();
        let recorded = record_matched(tx, payments, &HashMap::new(), self.now).await?;
        let events = recorded.iter().flatten().map(|payment| outbox::payment_received(payment, self.now)).collect();
        quittance_events::push(tx, events).await?;
        let mut recorded = recorded.into_iter();
        let mut answer = |()| match recorded.next() {
            Some(Ok(payment)) => Ok(KeptId(payment.id.uuid())),
            Some(Err(refusal)) => Err(Error::refused("payment", refusal)),
            None => Err(Error::Db(DbError::AnsweredMeanwhile)),
        };
        Ok(accepted.into_iter().map(|result| result.and_then(&mut answer)).collect())
    }
}

/// Records payments and settles what they pay, as far as invoicing answers now. Returns their ids.
#[tracing::instrument(name = "payments.record_payments", skip_all, fields(count = commands.len()))]
pub(crate) async fn record_payments(app: &App, tenant: TenantId, commands: Vec<RecordPayment>) -> Results<PaymentId> {
    let today = match app.today(tenant).await {
        Ok(today) => today,
        Err(Error::Db(error)) => return Err(error),
        // Of the tenant itself nothing else can be wrong.
        Err(_) => return Ok(commands.iter().map(|_| Err(Error::TenantNotFound(tenant))).collect()),
    };
    let now = app.now();
    let results = run_slice(app.db(), tenant, now, &Op { now, today }, &commands).await?;
    app.relay().wake();
    app.matching().wake();
    let named = results.into_iter().zip(&commands).map(|(result, command)| match result {
        Ok(kept) => Ok(PaymentId::new(kept.0)),
        Err(Error::ExternalReferenceTaken(_)) => {
            Err(Error::ExternalReferenceTaken(command.payment.external_reference.clone().unwrap_or_default()))
        }
        Err(error) => Err(error),
    });
    let results: Vec<Result<PaymentId, Error>> = named.collect();
    let recorded: Vec<PaymentId> = results.iter().flatten().copied().collect();
    settle_waiting(app, tenant, &recorded).await?;
    Ok(results)
}
