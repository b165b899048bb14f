//! `CreateTerms`.

use quittance_kernel::TermsId;
use quittance_service::Operation;

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{NamedTerms, NamedTermsContent},
    outbox,
};

/// Adds payment terms under a code.
#[derive(Debug, Hash)]
pub(crate) struct CreateTerms {
    pub(crate) content: NamedTermsContent,
}

impl Operation for CreateTerms {
    const NAME: &'static str = "CreateTerms";
    type Settings = TenantSettings;
    type Output = NamedTerms;

    async fn run(&self, w: &mut Write<'_>) -> Result<NamedTerms, Error> {
        let terms = NamedTerms::new(TermsId::at(w.now), self.content.clone(), w.now);
        db::terms::insert(w.tx, &terms).await?;
        w.publish(outbox::terms_created(w.tx.tenant(), &terms));
        Ok(terms)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        (constraint == "terms_code_key").then(|| Error::TermsCodeTaken(self.content.code.clone()))
    }
}
