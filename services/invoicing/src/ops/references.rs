//! References of invoices: customers, contacts, terms, series. Loaded for a whole batch, then resolved per invoice.

use std::collections::{HashMap, HashSet};

use quittance_db::{DbError, Tx};
use quittance_kernel::{CustomerId, PaymentTerms, SeriesId, TermsId};

use crate::{
    Error,
    app::TenantSettings,
    db::{self, customer::CustomerFacts},
    domain::{InvoiceContent, RoundingRule, SeriesKind, standard_terms},
};

/// The loaded references.
pub(crate) struct References<'a> {
    settings: &'a TenantSettings,
    customers: HashMap<CustomerId, CustomerFacts>,
    terms: HashMap<TermsId, PaymentTerms>,
    named_series: HashMap<SeriesId, SeriesKind>,
}

/// Content with defaults resolved.
pub(crate) struct Resolved {
    /// The content with contact and terms.
    pub(crate) content: InvoiceContent,
    /// The terms to freeze.
    pub(crate) terms: PaymentTerms,
    /// The series of its number.
    pub(crate) series: SeriesId,
    /// The rounding of tax, where the content has none of its own.
    pub(crate) rounding: RoundingRule,
}

impl<'a> References<'a> {
    /// Loads all references of these contents.
    pub(crate) async fn load(
        tx: &mut Tx,
        settings: &'a TenantSettings,
        contents: &[&InvoiceContent],
    ) -> Result<Self, DbError> {
        let customers: HashSet<CustomerId> = contents.iter().map(|c| c.customer).collect();
        let customers = db::customer::facts(tx, &customers.into_iter().collect::<Vec<_>>()).await?;
        let terms: HashSet<TermsId> =
            contents.iter().filter_map(|c| c.terms_id).chain(customers.values().filter_map(|c| c.terms_id)).collect();
        let terms = db::terms::find_all(tx, &terms.into_iter().collect::<Vec<_>>()).await?;
        let named: HashSet<SeriesId> = contents.iter().filter_map(|c| c.series).collect();
        let named_series = if named.is_empty() {
            HashMap::new()
        } else {
            let found = db::series::find_all(tx, &named.into_iter().collect::<Vec<_>>()).await?;
            found.into_iter().map(|series| (series.id, series.kind)).collect()
        };
        Ok(Self { settings, customers, terms, named_series })
    }

    /// The content with its defaults, or an error for a missing reference.
    pub(crate) fn resolve(&self, content: &InvoiceContent) -> Result<Resolved, Error> {
        let customer = self.customers.get(&content.customer).ok_or(Error::CustomerNotFound(content.customer))?;
        if let Some(contact) = content.contact.filter(|id| !customer.contacts.contains(id)) {
            return Err(Error::ContactNotFound(contact));
        }
        let (terms_id, terms) = self.terms(content, customer)?;
        let series = self.series(content)?;
        let contact = content.contact.or(customer.billing_contact);
        let content = InvoiceContent { contact, terms_id, ..content.clone() };
        Ok(Resolved { content, terms, series, rounding: customer.rounding })
    }

    /// The agreed terms, the named ones, the customer's, or the standard.
    fn terms(
        &self,
        content: &InvoiceContent,
        customer: &CustomerFacts,
    ) -> Result<(Option<TermsId>, PaymentTerms), Error> {
        if let Some(agreed) = &content.agreed_terms.0 {
            return Ok((None, agreed.clone()));
        }
        let Some(id) = content.terms_id.or(customer.terms_id) else { return Ok((None, standard_terms())) };
        let terms = self.terms.get(&id).cloned().ok_or(Error::TermsNotFound(id))?;
        Ok((Some(id), terms))
    }

    fn series(&self, content: &InvoiceContent) -> Result<SeriesId, Error> {
        let kind = SeriesKind::of_invoice(content.external_number.as_deref());
        match content.series {
            Some(id) if self.named_series.get(&id) == Some(&kind) => Ok(id),
            Some(id) => Err(Error::SeriesNotFound(id)),
            None => Ok(self.settings.default_series(kind)?),
        }
    }
}
