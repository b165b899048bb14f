//! `CreateSeries`.

use quittance_kernel::SeriesId;
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Numbering, Series, SeriesKind},
    outbox,
};

/// Adds a series of numbers.
#[derive(Debug, Hash)]
pub(crate) struct CreateSeries {
    pub(crate) kind: SeriesKind,
    pub(crate) numbering: Numbering,
}

impl Operation for CreateSeries {
    const NAME: &'static str = "CreateSeries";
    type Settings = TenantSettings;
    type Output = Series;

    async fn run(&self, w: &mut Write<'_>) -> Result<Series, Error> {
        let series = Series::new(SeriesId::at(w.now), self.kind, self.numbering.clone(), w.now);
        if let Some(other) = db::series::list(w.tx).await?.into_iter().find(|other| series.collides_with(other)) {
            return Err(Error::SeriesPrefixTaken { prefix: series.prefix, series: other.code });
        }
        db::series::insert(w.tx, &series).await?;
        w.publish(outbox::series_created(w.tx.tenant(), &series));
        Ok(series)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "series_code_key").then(|| Error::SeriesExists(self.numbering.code().to_owned()))
    }
}
