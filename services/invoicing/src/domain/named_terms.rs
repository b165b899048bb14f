//! Payment terms under a name.

use chrono::{DateTime, Utc};
use quittance_kernel::{Added, Discount, Installment, PaymentTerms, Terms, TermsId};

use super::field::{BadField, Checks, Problem, required_line};
use super::refusal::Refusal;

/// The longest code, in characters.
pub(crate) const MAX_CODE: usize = 100;
/// The most days to pay.
pub(crate) const MAX_NET_DAYS: u16 = 3_650;

/// The content of named terms, from a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NamedTermsContent {
    /// Their code, unique in the tenant.
    pub code: String,
    /// The terms.
    pub terms: PaymentTerms,
}

/// Payment terms with a name, for example `2/10 net 30`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedTerms {
    /// Their id.
    pub id: TermsId,
    /// Their code.
    pub code: String,
    /// The terms.
    pub terms: PaymentTerms,
    /// Starts at 1 and grows by one with every change.
    pub version: u32,
    /// When they were changed last.
    pub updated_at: DateTime<Utc>,
}

/// A change of named terms: fields that are `None` stay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct NamedTermsPatch {
    /// Their code.
    pub code: Option<String>,
    /// Days from the issue date to the due date.
    pub net_days: Option<u16>,
    /// The discounts, replaced as a whole.
    pub discounts: Option<Vec<Discount>>,
    /// The installments, replaced as a whole; none if both of the others are given, and these are not.
    pub installments: Added<Vec<Installment>>,
}

impl NamedTermsPatch {
    /// The valid change.
    ///
    /// # Errors
    /// The violations of all changed fields. Whether the discounts go with the days is known only from the terms.
    pub(crate) fn checked(self) -> Result<NamedTermsPatch, Vec<BadField>> {
        let mut checks = Checks::default();
        if let Some(code) = &self.code {
            checks.check("code", required_line(code, MAX_CODE));
        }
        if let Some(days) = self.net_days {
            checks.check("payment_terms.net_days", within_bounds(days));
        }
        let days = self.installments.0.iter().flatten().map(|installment| installment.terms.net_days());
        checks.check("payment_terms.installments", days.max().map_or(Ok(()), within_bounds));
        checks.accept(self)
    }
}

fn within_bounds(net_days: u16) -> Result<(), Problem> {
    if net_days > MAX_NET_DAYS { Err(Problem::TooManyDays { max: MAX_NET_DAYS }) } else { Ok(()) }
}

impl NamedTermsContent {
    /// The valid content.
    ///
    /// # Errors
    /// The violations of all fields.
    pub(crate) fn checked(self) -> Result<NamedTermsContent, Vec<BadField>> {
        let mut checks = Checks::default();
        checks.check("code", required_line(&self.code, MAX_CODE));
        let field = match self.terms {
            PaymentTerms::AtOnce(_) => "payment_terms.net_days",
            PaymentTerms::Installments(_) => "payment_terms.installments",
        };
        checks.check(field, within_bounds(self.terms.last_net_days()));
        checks.accept(self)
    }
}

impl NamedTerms {
    /// New terms with this id.
    pub(crate) fn new(id: TermsId, content: NamedTermsContent, now: DateTime<Utc>) -> NamedTerms {
        NamedTerms { id, code: content.code, terms: content.terms, version: 1, updated_at: now }
    }

    /// The terms after a change.
    ///
    /// # Errors
    /// `Terms` if the discounts do not go with the days, or the installments with either.
    pub(crate) fn update(self, patch: NamedTermsPatch, now: DateTime<Utc>) -> Result<NamedTerms, Refusal> {
        let (net_days, discounts, installments) = match self.terms {
            PaymentTerms::AtOnce(terms) => (terms.net_days(), terms.discounts().to_vec(), Vec::new()),
            PaymentTerms::Installments(installments) => (0, Vec::new(), installments.parts().to_vec()),
        };
        let replaced = patch.net_days.is_some() && patch.discounts.is_some();
        let installments = if replaced { Vec::new() } else { installments };
        let terms = PaymentTerms::new(
            patch.net_days.unwrap_or(net_days),
            patch.discounts.unwrap_or(discounts),
            patch.installments.0.unwrap_or(installments),
        )?;
        let code = patch.code.unwrap_or(self.code);
        Ok(NamedTerms { id: self.id, code, terms, version: self.version + 1, updated_at: now })
    }
}

/// The terms of an invoice when neither it nor its customer names any: 30 days net.
#[expect(clippy::expect_used, reason = "30 days net breaks no rule of terms, and a test says so")]
pub(crate) fn standard_terms() -> PaymentTerms {
    Terms::new(30, Vec::new()).expect("30 days net are valid terms").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{now, terms};

    #[test]
    fn terms_have_bounds() {
        assert_eq!(standard_terms().to_string(), "net 30");
        let content = |code: &str, text| NamedTermsContent { code: code.to_owned(), terms: terms(text) };
        assert!(content("2/10 net 30", "2/10 net 30").checked().is_ok());
        let bad = content("", "net 3651").checked().unwrap_err();
        assert_eq!(bad.iter().map(|bad| bad.field.as_str()).collect::<Vec<_>>(), ["code", "payment_terms.net_days"]);
        let patch = NamedTermsPatch { code: Some(String::new()), net_days: Some(3_651), ..NamedTermsPatch::default() };
        assert_eq!(patch.checked().unwrap_err(), bad);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name_and_refuses_what_does_not_go_with_it() {
        let content = NamedTermsContent { code: "A".to_owned(), terms: terms("2/10 net 30") };
        let named = NamedTerms::new(TermsId::at(now()), content, now());
        let longer = NamedTermsPatch { net_days: Some(60), ..NamedTermsPatch::default() };
        let changed = named.clone().update(longer, now()).unwrap();
        assert_eq!(
            (changed.code.as_str(), changed.terms.to_string().as_str(), changed.version),
            ("A", "2/10 net 60", 2)
        );
        let shorter = NamedTermsPatch { net_days: Some(7), ..NamedTermsPatch::default() };
        assert_eq!(named.update(shorter, now()).unwrap_err().reason(), "TERMS_DISCOUNT_AFTER_DUE");
    }
}
