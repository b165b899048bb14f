//! Payment terms under a name.

use quittance_kernel::{Terms, TermsId};

use super::field::{BadField, Checks, Problem, required_line};

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
    pub terms: Terms,
}

/// Payment terms with a name, for example `2/10 net 30`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedTerms {
    /// Their id.
    pub id: TermsId,
    /// Their code.
    pub code: String,
    /// The terms.
    pub terms: Terms,
}

impl NamedTermsContent {
    /// The valid content.
    ///
    /// # Errors
    /// The violations of all fields.
    pub(crate) fn checked(self) -> Result<NamedTermsContent, Vec<BadField>> {
        let mut checks = Checks::default();
        checks.check("code", required_line(&self.code, MAX_CODE));
        let too_long = self.terms.net_days() > MAX_NET_DAYS;
        let days = if too_long { Err(Problem::TooManyDays { max: MAX_NET_DAYS }) } else { Ok(()) };
        checks.check("payment_terms.net_days", days);
        checks.accept(self)
    }
}

impl NamedTerms {
    /// New terms with this id.
    pub(crate) fn new(id: TermsId, content: NamedTermsContent) -> NamedTerms {
        NamedTerms { id, code: content.code, terms: content.terms }
    }
}

/// The terms of an invoice when neither it nor its customer names any: 30 days net.
#[expect(clippy::expect_used, reason = "30 days net breaks no rule of terms, and a test says so")]
pub(crate) fn standard_terms() -> Terms {
    Terms::new(30, Vec::new()).expect("30 days net are valid terms")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::terms;

    #[test]
    fn terms_have_bounds() {
        assert_eq!(standard_terms().to_string(), "net 30");
        let content = |code: &str, text| NamedTermsContent { code: code.to_owned(), terms: terms(text) };
        assert!(content("2/10 net 30", "2/10 net 30").checked().is_ok());
        let bad = content("", "net 3651").checked().unwrap_err();
        assert_eq!(bad.iter().map(|bad| bad.field.as_str()).collect::<Vec<_>>(), ["code", "payment_terms.net_days"]);
    }
}
