//! `OpenDispute`.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Answer, Command, OneOp, OneResult, Tx, run_one};
use quittance_kernel::{DisputeId, RequestId, TenantId};

use crate::{
    App, Error, db,
    domain::{Dispute, NewDispute},
    outbox,
};

/// Opens a dispute.
#[derive(Debug, Clone, Hash)]
pub(crate) struct OpenDispute {
    pub(crate) request: RequestId,
    pub(crate) new: NewDispute,
}

impl Command for OpenDispute {
    const NAME: &'static str = "OpenDispute";

    fn request_id(&self) -> RequestId {
        self.request
    }
}

struct Op<A> {
    today: NaiveDate,
    now: DateTime<Utc>,
    answer: fn(&Dispute) -> A,
}

impl<A: Answer> Op<A> {
    async fn decide(&self, tx: &mut Tx, new: &NewDispute) -> OneResult<Dispute, Error> {
        // Whoever else disputes the item at this moment waits here, and then finds the dispute.
        let Some(customer) = db::projection::lock_item(tx, new.item).await? else {
            return Ok(Err(Error::ItemNotFound(new.item)));
        };
        let open = db::dispute::find_open(tx, new.item).await?;
        let opened = Dispute::open(DisputeId::at(self.now), new.clone(), customer, open, self.today, self.now);
        Ok(opened.map_err(|refusal| Error::Dispute { subject: format!("item {}", new.item), refusal }))
    }
}

impl<A: Answer> OneOp for Op<A> {
    type Command = OpenDispute;
    type Answer = A;
    type Error = Error;

    async fn run(&self, tx: &mut Tx, command: &OpenDispute) -> OneResult<A, Error> {
        let dispute = match self.decide(tx, &command.new).await? {
            Ok(decided) => decided,
            Err(error) => return Ok(Err(error)),
        };
        db::dispute::insert(tx, &dispute).await?;
        quittance_events::push(tx, vec![outbox::dispute_opened(&dispute, self.now)]).await?;
        Ok(Ok((self.answer)(&dispute)))
    }
}

/// Opens a dispute.
#[tracing::instrument(name = "collections.open_dispute", skip_all)]
pub(crate) async fn open_dispute<A: Answer>(
    app: &App,
    tenant: TenantId,
    command: OpenDispute,
    answer: fn(&Dispute) -> A,
) -> Result<A, Error> {
    let book = app.book(tenant).await?;
    let (now, today) = (app.now(), app.today(&book));
    let result = run_one(app.db(), tenant, now, &Op { today, now, answer }, command).await;
    app.relay().wake();
    result
}
