//! Issuing, for a slice: dates, numbers, open items.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::{EventId, SeriesId};
use uuid::Uuid;

use crate::{
    Error,
    app::Book,
    db,
    domain::{Invoice, OpenItem, Series, SeriesKind},
};

/// Invoices that were issued, with their open items and the ids of the items' first entries, and a result per draft.
pub(crate) struct Issued {
    /// As issued, in the order of the drafts.
    pub(crate) invoices: Vec<Invoice>,
    /// What they opened.
    pub(crate) items: Vec<(OpenItem, Uuid, DateTime<Utc>)>,
    /// Per draft: its place in `invoices`, or why it was refused.
    pub(crate) results: Vec<Result<usize, Error>>,
}

/// Issues drafts in their order. The counters of their series are held from here to the end of the transaction; a draft that is refused takes no number.
pub(crate) async fn issue_all(
    tx: &mut Tx,
    book: &Book,
    drafts: Vec<Result<Invoice, Error>>,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Issued, DbError> {
    let mut counters = lock_counters(tx, book, &drafts).await?;
    let mut issued =
        Issued { invoices: Vec::with_capacity(drafts.len()), items: Vec::with_capacity(drafts.len()), results: vec![] };
    for draft in drafts {
        let result = draft.and_then(|draft| {
            let subject = format!("invoice {}", draft.id);
            let refused = |refusal| Error::refused(&subject, refusal);
            let plan = draft.plan_issue(today).map_err(refused)?;
            let series = counters.get_mut(&draft.series).ok_or(Error::SeriesNotFound(draft.series))?;
            let number = series.number(&draft, plan.issued_on()).map_err(refused)?;
            let reference = series.payment_reference(&number);
            Ok(draft.issue(plan, number, reference, now))
        });
        issued.results.push(result.map(|(invoice, item)| {
            issued.items.push((item, EventId::at(now).uuid(), now));
            issued.invoices.push(invoice);
            issued.invoices.len() - 1
        }));
    }
    let taken: Vec<Series> = counters.into_values().filter(|s| s.kind != SeriesKind::External).collect();
    if !issued.invoices.is_empty() && !taken.is_empty() {
        db::book::update_series(tx, &taken).await?;
    }
    Ok(issued)
}

/// Holds the counters that these drafts take numbers from. Documents taken over bring their number: their series has no counter to wait for.
async fn lock_counters(
    tx: &mut Tx,
    book: &Book,
    drafts: &[Result<Invoice, Error>],
) -> Result<HashMap<SeriesId, Series>, DbError> {
    let wanted = |external: bool| -> BTreeSet<SeriesId> {
        drafts.iter().flatten().filter(|d| d.external_number.is_some() == external).map(|d| d.series).collect()
    };
    let numbered: Vec<SeriesId> = wanted(false).into_iter().collect();
    let external = wanted(true);
    let mut counters = HashMap::new();
    if !numbered.is_empty() {
        counters.extend(db::book::lock_series(tx, &numbered).await?.into_iter().map(|s| (s.id, s)));
    }
    let named: Vec<SeriesId> =
        external.iter().filter(|id| book.default_series(SeriesKind::External) != Some(**id)).copied().collect();
    if !named.is_empty() {
        counters.extend(db::book::find_series(tx, &named).await?.into_iter().map(|s| (s.id, s)));
    }
    if let Some(id) = book.default_series(SeriesKind::External).filter(|id| external.contains(id)) {
        let series = Series {
            id,
            code: String::new(),
            kind: SeriesKind::External,
            prefix: String::new(),
            min_digits: 1,
            next_number: 1,
            last_issued_on: None,
        };
        counters.insert(id, series);
    }
    Ok(counters)
}
