//! Payment methods.

/// The method of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Method {
    /// Bank transfer.
    Transfer,
    /// Card.
    Card,
    /// Check.
    Check,
    /// Direct debit or ACH debit.
    DirectDebit,
    /// Cash.
    Cash,
    /// Electronic payment system.
    Electronic,
}

impl Method {
    /// Every method.
    pub(crate) const ALL: [Method; 6] =
        [Method::Transfer, Method::Card, Method::Check, Method::DirectDebit, Method::Cash, Method::Electronic];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Method::Transfer => "transfer",
            Method::Card => "card",
            Method::Check => "check",
            Method::DirectDebit => "direct_debit",
            Method::Cash => "cash",
            Method::Electronic => "electronic",
        }
    }

    /// The method with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for method in Method::ALL {
            assert_eq!(Method::parse(method.label()), Some(method));
        }
        assert_eq!(Method::parse("Cash"), None);
    }
}
