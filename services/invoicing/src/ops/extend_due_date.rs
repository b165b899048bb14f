//! `ExtendDueDate`.

use chrono::NaiveDate;
use quittance_approvals::{Decided, Intent, require};
use quittance_kernel::{ExtensionId, ItemId};
use quittance_service::Operation;

use super::{Write, recording_on};
use crate::{
    Error,
    app::TenantSettings,
    db::{self, item::ItemView},
    domain::{DocumentRef, Extension, ExtensionRequest, Source},
    outbox,
};

/// Extends the due date of an open item.
#[derive(Debug, Hash)]
pub(crate) struct ExtendDueDate {
    pub(crate) item: ItemId,
    pub(crate) due_on: NaiveDate,
    /// `None` for today.
    pub(crate) effective_on: Option<NaiveDate>,
    pub(crate) reason: String,
}

impl Operation for ExtendDueDate {
    const NAME: &'static str = "ExtendDueDate";
    type Settings = TenantSettings;
    /// What was done, and the item as it is now.
    type Output = (Decided<Extension>, ItemView);

    async fn run(&self, w: &mut Write<'_>) -> Result<Self::Output, Error> {
        let id = self.item;
        let view = db::item::lock_items(w.tx, &[id]).await?.remove(&id).ok_or(Error::ItemNotFound(id))?;
        let latest_on = db::extension::latest_on(w.tx, id).await?;
        let DocumentRef::Invoice(document) = view.item.document;
        let source = Source::Document(document);
        let effective_on = self.effective_on.unwrap_or(w.today()?);
        let recording = recording_on(w, effective_on, source, &self.reason).await?;
        let request = ExtensionRequest { id: ExtensionId::at(w.now), due_on: self.due_on, effective_on };
        let (extension, item) = Extension::extend(view.item.clone(), latest_on, request, &recording)
            .map_err(|refusal| Error::refused(format!("item {id}"), refusal))?;
        let intent = Intent {
            subject: format!("items/{id}"),
            customer: Some(item.customer),
            amount: Some(item.open()),
            reason: self.reason.clone(),
        };
        if let Some(approval) = require(w, self, intent).await? {
            return Ok((Decided::Waiting(approval), view));
        }
        db::extension::insert(w.tx, &extension).await?;
        w.publish(outbox::due_date_extended(&extension));
        Ok((Decided::Done(extension), ItemView { item, disputed: view.disputed }))
    }
}
