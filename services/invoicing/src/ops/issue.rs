//! Issuing a batch of drafts: dates, numbers, open items.

use std::collections::{BTreeSet, HashMap, HashSet};

use quittance_kernel::{InvoiceId, ItemId, SeriesId};

use super::{Batch, Write, periods::open_days, recording};
use crate::{
    Error, db,
    domain::{Invoice, IssuedInvoice, Refusal, Series, Source},
};

/// Issues drafts in their order. The counters of their series are locked from here to the end of the transaction; a refused draft takes no number.
pub(super) async fn issue_all(w: &mut Write<'_>, drafts: Vec<Result<Invoice, Error>>) -> Batch<IssuedInvoice> {
    let now = w.now;
    let planned = drafts.iter().flatten().filter_map(|draft| draft.planned_issue_on);
    let open_days = open_days(w, planned).await?;
    let mut counters = lock_counters(w, &drafts).await?;
    let mut issued: HashSet<InvoiceId> = HashSet::with_capacity(drafts.len());
    let mut issue = |(place, draft): (usize, Result<Invoice, Error>)| {
        let draft = draft?;
        let subject = format!("invoice {}", draft.id);
        let refused = |refusal| Error::refused(&subject, refusal);
        if issued.contains(&draft.id) {
            // Two commands of the batch issue one draft: the first wins.
            return Err(refused(Refusal::InvoiceNotDraft { state: "issued" }));
        }
        let plan = draft.plan_issue(open_days).map_err(refused)?;
        // Migrated documents have their own number and no payment reference.
        let (number, reference) = if let Some(number) = &draft.external_number {
            (number.clone(), None)
        } else {
            let series = counters.get_mut(&draft.series).ok_or(Error::SeriesNotFound(draft.series))?;
            let number = series.take(plan.issued_on()).map_err(refused)?;
            let reference = series.payment_reference(&number);
            (number, reference)
        };
        issued.insert(draft.id);
        let recording = recording(w, place, open_days, Source::Document(draft.id), "");
        Ok(draft.issue(plan, number, reference, || ItemId::at(now), &recording))
    };
    let results: Vec<Result<IssuedInvoice, Error>> = drafts.into_iter().enumerate().map(&mut issue).collect();
    if results.iter().any(Result::is_ok) {
        db::series::update_all(w.tx, &counters.into_values().collect::<Vec<_>>()).await?;
    }
    Ok(results)
}

/// Locks the counters that these drafts take numbers from. Migrated documents have their own numbers.
async fn lock_counters(
    w: &mut Write<'_>,
    drafts: &[Result<Invoice, Error>],
) -> Result<HashMap<SeriesId, Series>, Error> {
    let own_numbers = drafts.iter().flatten().filter(|draft| draft.external_number.is_none());
    let ids: BTreeSet<SeriesId> = own_numbers.map(|draft| draft.series).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let locked = db::series::lock_all(w.tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(locked.into_iter().map(|series| (series.id, series)).collect())
}
