//! `UpdateTerms`.

use quittance_kernel::TermsId;
use quittance_service::{Etag, Operation};

use super::Write;
use crate::{
    Error,
    app::TenantSettings,
    db,
    domain::{NamedTerms, NamedTermsPatch},
    outbox,
};

/// Changes payment terms. Documents keep those they were created with.
#[derive(Debug, Hash)]
pub(crate) struct UpdateTerms {
    pub(crate) terms: TermsId,
    pub(crate) etag: Etag,
    pub(crate) patch: NamedTermsPatch,
}

impl Operation for UpdateTerms {
    const NAME: &'static str = "UpdateTerms";
    type Settings = TenantSettings;
    type Output = NamedTerms;

    async fn run(&self, w: &mut Write<'_>) -> Result<NamedTerms, Error> {
        let id = self.terms;
        let terms = db::terms::lock(w.tx, id).await?;
        self.etag.check(format_args!("terms {id}"), terms.version)?;
        let terms = terms.update(self.patch.clone(), w.now);
        let terms = terms.map_err(|refusal| Error::refused(format!("terms {id}"), refusal))?;
        db::terms::update(w.tx, &terms).await?;
        w.publish(outbox::terms_updated(w.tx.tenant(), &terms));
        Ok(terms)
    }

    fn on_constraint(&self, constraint: &str) -> Option<Error> {
        let code = self.patch.code.as_ref().filter(|_| constraint == "terms_code_key");
        code.map(|code| Error::TermsCodeTaken(code.clone()))
    }
}
