//! `DeleteTerms`.

use quittance_kernel::TermsId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{Error, app::TenantSettings, db, outbox};

/// Deletes payment terms that neither a customer nor a draft names.
#[derive(Debug, Hash)]
pub(crate) struct DeleteTerms {
    pub(crate) terms: TermsId,
    pub(crate) etag: Etag,
}

impl Operation for DeleteTerms {
    const NAME: &'static str = "DeleteTerms";
    type Settings = TenantSettings;
    type Output = ();

    async fn run(&self, w: &mut Write<'_>) -> Result<(), Error> {
        let id = self.terms;
        let terms = db::terms::lock(w.tx, id).await?;
        self.etag.check(format_args!("terms {id}"), terms.version)?;
        if db::terms::is_named_by_draft(w.tx, id).await? {
            return Err(Error::TermsInUse(id));
        }
        db::terms::delete(w.tx, id).await?;
        w.publish(outbox::terms_deleted(w.tx.tenant(), &terms));
        Ok(())
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "customer_terms_exist").then_some(Error::TermsInUse(self.terms))
    }
}
