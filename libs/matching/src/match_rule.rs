//! The rules of matching.

/// The rule that found an allocation, in the order they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchRule {
    /// The payer quoted our ISO 11649 reference.
    PaymentReference,
    /// Structured remittance information names documents and amounts.
    RemittanceAdvice,
    /// The text names documents.
    DocumentNumber,
    /// The payer is known, and numbers found in part or mistyped point to its items.
    PayerAndNumber,
    /// The payer is known and has a single open item of this amount.
    PayerAndAmount,
    /// The payer is known and a unique set of its open items has this amount.
    PayerAndSubset,
    /// The payer is known and this is its whole balance, or all that is past due.
    AccountBalance,
    /// A customer has a similar name. Never applied on this alone.
    SimilarName,
    /// The seller's policy: earliest due first.
    OldestFirst,
    /// A person chose it.
    Manual,
}

impl MatchRule {
    /// Every rule, in the order they are tried; a person comes last.
    pub const ALL: [MatchRule; 10] = [
        MatchRule::PaymentReference,
        MatchRule::RemittanceAdvice,
        MatchRule::DocumentNumber,
        MatchRule::PayerAndNumber,
        MatchRule::PayerAndAmount,
        MatchRule::PayerAndSubset,
        MatchRule::AccountBalance,
        MatchRule::SimilarName,
        MatchRule::OldestFirst,
        MatchRule::Manual,
    ];

    /// The name in storage.
    pub const fn label(self) -> &'static str {
        match self {
            MatchRule::PaymentReference => "payment_reference",
            MatchRule::RemittanceAdvice => "remittance_advice",
            MatchRule::DocumentNumber => "document_number",
            MatchRule::PayerAndNumber => "payer_and_number",
            MatchRule::PayerAndAmount => "payer_and_amount",
            MatchRule::PayerAndSubset => "payer_and_subset",
            MatchRule::AccountBalance => "account_balance",
            MatchRule::SimilarName => "similar_name",
            MatchRule::OldestFirst => "oldest_first",
            MatchRule::Manual => "manual",
        }
    }

    /// The rule with this label, if there is one.
    pub fn parse(label: &str) -> Option<MatchRule> {
        MatchRule::ALL.into_iter().find(|rule| rule.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for rule in MatchRule::ALL {
            assert_eq!(MatchRule::parse(rule.label()), Some(rule));
        }
        assert_eq!(MatchRule::parse(""), None);
    }
}
