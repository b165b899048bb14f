//! Drafts from the contents of a batch.

use quittance_kernel::InvoiceId;

use super::{
    Batch, Write,
    references::{References, Resolved},
};
use crate::{
    Error, db,
    domain::{Invoice, InvoiceContent, Series},
};

/// A draft of each content, or its refusal. Nothing is written.
pub(super) async fn draft_all(w: &mut Write<'_>, contents: &[&InvoiceContent]) -> Batch<Invoice> {
    let settings = w.settings()?;
    let references = References::load(w.tx, settings, contents).await?;
    let has_external = contents.iter().any(|content| content.external_number.is_some());
    let series = if has_external { db::series::list(w.tx).await? } else { Vec::new() };
    let drafts = contents.iter().map(|content| {
        check_external_number(content, &series)?;
        let Resolved { content, terms, series, rounding } = references.resolve(content)?;
        Invoice::draft(InvoiceId::at(w.now), content, terms, series, rounding, w.now)
            .map_err(|refusal| Error::refused("the invoice", refusal))
    });
    Ok(drafts.collect())
}

/// A migrated document must not have a number that one of the tenant's own series will give.
fn check_external_number(content: &InvoiceContent, series: &[Series]) -> Result<(), Error> {
    let Some(number) = &content.external_number else { return Ok(()) };
    match series.iter().find(|series| series.will_give(number)) {
        Some(series) => Err(Error::ExternalNumberInSeries { number: number.clone(), series: series.code.clone() }),
        None => Ok(()),
    }
}
