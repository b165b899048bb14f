//! `RecordPayment` and `BatchRecordPayments`: the hot path.

use std::collections::{HashMap, HashSet};

use quittance_kernel::{CustomerId, PaymentId};
use quittance_service::BatchOperation;

use super::{Batch, Recorded, Write, matching::record_matched};
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{NewPayment, Payment},
    outbox,
};

/// Records money received, and allocates it as far as the match is certain.
#[derive(Debug, Hash)]
pub(crate) struct RecordPayment {
    pub(crate) payment: NewPayment,
}

impl BatchOperation for RecordPayment {
    const NAME: &'static str = "RecordPayment";
    type Settings = TenantSettings;
    type Output = Recorded;

    async fn run(w: &mut Write<'_>, commands: &[&Self]) -> Batch<Recorded> {
        let accepted = accept(w, commands).await?;
        let payments: Vec<Payment> = accepted.iter().flatten().cloned().collect();
        let mut recorded = record_matched(w, payments, &HashMap::new()).await?.into_iter();
        let mut results = Vec::with_capacity(commands.len());
        for (place, accepted) in accepted.into_iter().enumerate() {
            let result = match accepted {
                Ok(_) => recorded.next().ok_or(quittance_kernel::Bug("a payment was not recorded"))?.map_err(refused),
                Err(error) => Err(error),
            };
            results.push(result.map(|(recorded, review)| {
                w.publish_for(place, outbox::payment_received(&recorded.payment));
                if let Some(review) = review {
                    w.publish_for(place, review);
                }
                recorded
            }));
        }
        Ok(results)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        let reference = self.payment.external_reference.as_ref();
        let reference = reference.filter(|_| constraint == "payment_external_reference_key");
        reference.map(|reference| Error::ExternalReferenceTaken(reference.clone()))
    }
}

fn refused(refusal: crate::domain::Refusal) -> Error {
    Error::refused("payment", refusal)
}

/// The payments to record, or their refusals.
async fn accept(w: &mut Write<'_>, commands: &[&RecordPayment]) -> Batch<Payment> {
    let (now, today) = (w.now, w.today()?);
    let references: Vec<String> = commands.iter().filter_map(|c| c.payment.external_reference.clone()).collect();
    let mut taken =
        if references.is_empty() { HashSet::new() } else { db::payment::taken_references(w.tx, &references).await? };
    let customers: Vec<CustomerId> = commands.iter().filter_map(|c| c.payment.customer).collect();
    let known = if customers.is_empty() { HashSet::new() } else { db::item::known_customers(w.tx, &customers).await? };
    let accepted = commands.iter().map(|command| {
        let new = &command.payment;
        if let Some(customer) = new.customer.filter(|customer| !known.contains(customer)) {
            return Err(Error::CustomerNotFound(customer));
        }
        let payment = Payment::record(PaymentId::at(now), new.clone(), today, now).map_err(refused)?;
        match &new.external_reference {
            Some(reference) if !taken.insert(reference.clone()) => {
                Err(Error::ExternalReferenceTaken(reference.clone()))
            }
            _ => Ok(payment),
        }
    });
    Ok(accepted.collect())
}
