//! `UpdateSeries`.

use quittance_kernel::SeriesId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Series, SeriesPatch},
    outbox,
};

/// Changes a series; its numbers only as long as it has no document.
#[derive(Debug, Hash)]
pub(crate) struct UpdateSeries {
    pub(crate) series: SeriesId,
    pub(crate) etag: Etag,
    pub(crate) patch: SeriesPatch,
}

impl Operation for UpdateSeries {
    const NAME: &'static str = "UpdateSeries";
    type Settings = TenantSettings;
    type Output = Series;

    async fn run(&self, w: &mut Write<'_>) -> Result<Series, Error> {
        let id = self.series;
        let series = db::series::lock(w.tx, id).await?;
        self.etag.check(format_args!("series {id}"), series.version)?;
        let series = series.update(self.patch.clone(), w.now);
        let series = series.map_err(|refusal| Error::refused(format!("series {id}"), refusal))?;
        let others = db::series::list(w.tx).await?;
        if let Some(other) = others.into_iter().find(|other| other.id != id && series.collides_with(other)) {
            return Err(Error::SeriesPrefixTaken { prefix: series.prefix, series: other.code });
        }
        db::series::update(w.tx, &series).await?;
        w.publish(outbox::series_updated(w.tx.tenant(), &series));
        Ok(series)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        let code = self.patch.code.as_ref().filter(|_| constraint == "series_code_key");
        code.map(|code| Error::SeriesExists(code.clone()))
    }
}
