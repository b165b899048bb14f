//! `DeleteSeries`.

use quittance_kernel::SeriesId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{Error, app::TenantSettings, db, domain::Refusal, outbox};

/// Deletes a series that no document and no draft is in.
#[derive(Debug, Hash)]
pub(crate) struct DeleteSeries {
    pub(crate) series: SeriesId,
    pub(crate) etag: Etag,
}

impl Operation for DeleteSeries {
    const NAME: &'static str = "DeleteSeries";
    type Settings = TenantSettings;
    type Output = ();

    async fn run(&self, w: &mut Write<'_>) -> Result<(), Error> {
        let id = self.series;
        let refused = |refusal| Err(Error::refused(format!("series {id}"), refusal));
        let series = db::series::lock(w.tx, id).await?;
        self.etag.check(format_args!("series {id}"), series.version)?;
        if w.settings()?.default_series(series.kind)? == id {
            return refused(Refusal::SeriesIsDefault);
        }
        if series.last_issued_on.is_some() || db::series::is_named(w.tx, id).await? {
            return refused(Refusal::SeriesHasDocuments);
        }
        db::series::delete(w.tx, id).await?;
        w.publish(outbox::series_deleted(w.tx.tenant(), &series));
        Ok(())
    }
}
