//! `CreateSeries`: adds a series of numbers.

use chrono::{DateTime, Utc};
use quittance_db::{Answer, Command, DbError, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{RequestId, SeriesId, TenantId};

use crate::{
    App, Error, db,
    domain::{Series, SeriesContent},
};

/// Adds a series. Its content was checked by the door.
#[derive(Debug, Clone, Hash)]
pub(crate) struct CreateSeries {
    pub(crate) request: RequestId,
    pub(crate) content: SeriesContent,
}

impl Command for CreateSeries {
    const NAME: &'static str = "CreateSeries";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    now: DateTime<Utc>,
    answer: fn(&Series) -> A,
}

impl<A: Answer> OneOp for Op<A> {
    type Command = CreateSeries;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &CreateSeries) -> OneResult<A, Error> {
        let id = SeriesId::at(self.now);
        let series = Series::new(id, command.content.clone()).map_err(|bad| DbError::Corrupt {
            table: "series",
            id: id.uuid(),
            why: format!("it was checked, and yet {bad:?}"),
        })?;
        if let Some(other) = db::book::list_series(tx).await?.into_iter().find(|other| series.collides_with(other)) {
            return Ok(Err(Error::SeriesPrefixTaken { prefix: series.prefix, series: other.code }));
        }
        db::book::insert_series(tx, &series).await?;
        Ok(Ok((self.answer)(&series)))
    }
}

/// Adds a series.
#[tracing::instrument(name = "invoicing.create_series", skip_all)]
pub(crate) async fn create_series<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: CreateSeries,
    answer: fn(&Series) -> A,
) -> Result<A, Error> {
    app.book(tenant).await?;
    let now = app.now();
    let code = command.content.code.clone();
    run_one(app.db(), tenant, now, &Op { now, answer }, command).await.map_err(|error| match error {
        Error::SeriesExists(_) => Error::SeriesExists(code),
        other => other,
    })
}
