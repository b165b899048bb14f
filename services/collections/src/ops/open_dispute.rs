//! `OpenDispute`.

use quittance_kernel::DisputeId;
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{Dispute, NewDispute},
    outbox,
};

/// Opens a dispute over an item.
#[derive(Debug, Hash)]
pub(crate) struct OpenDispute {
    pub(crate) new: NewDispute,
}

impl Operation for OpenDispute {
    const NAME: &'static str = "OpenDispute";
    type Settings = TenantSettings;
    type Output = Dispute;

    async fn run(&self, w: &mut Write<'_>) -> Result<Dispute, Error> {
        let item = self.new.item;
        // A concurrent dispute of the item waits here, and then finds this one.
        let customer = db::projection::lock_item(w.tx, item).await?;
        let open = db::dispute::find_open(w.tx, item).await?;
        let dispute = Dispute::open(DisputeId::at(w.now), self.new.clone(), customer, open, w.today()?, w.now)
            .map_err(|refusal| Error::Dispute { subject: format!("item {item}"), refusal })?;
        db::dispute::insert(w.tx, &dispute).await?;
        w.publish(outbox::dispute_opened(&dispute));
        Ok(dispute)
    }
}
