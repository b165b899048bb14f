//! The five services by name.

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Invoices, customers, open items.
    Invoicing,
    /// Payments and what they settle.
    Payments,
    /// Credit and exposure.
    CreditRisk,
    /// Reminders and disputes.
    Collections,
    /// Read models over all of them.
    Reporting,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Invoicing, Self::Payments, Self::CreditRisk, Self::Collections, Self::Reporting];
    /// Those that tell events.
    pub const TELLING: [Self; 4] = [Self::Invoicing, Self::Payments, Self::CreditRisk, Self::Collections];

    /// As topics, peers and subscriptions call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoicing => "invoicing",
            Self::Payments => "payments",
            Self::CreditRisk => "credit-risk",
            Self::Collections => "collections",
            Self::Reporting => "reporting",
        }
    }

    /// Whose events it reads.
    pub fn reads(self) -> &'static [Self] {
        match self {
            Self::Invoicing => &[Self::Collections],
            Self::Payments | Self::CreditRisk | Self::Collections => &[Self::Invoicing],
            Self::Reporting => &[Self::Invoicing, Self::Payments, Self::Collections],
        }
    }

    /// Its program.
    pub fn program(self) -> String {
        format!("quittance-{}", self.name())
    }

    /// Its database.
    pub fn database(self) -> String {
        format!("quittance_{}", self.name().replace('-', "_"))
    }
}
