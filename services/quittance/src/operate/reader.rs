//! Which service an operator means.

use clap::ValueEnum;
use quittance_host::Service as _;

/// A service, by its name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Reader {
    Invoicing,
    Payments,
    CreditRisk,
    Collections,
    Reporting,
}

impl Reader {
    pub(crate) fn area(self) -> &'static str {
        match self {
            Self::Invoicing => quittance_invoicing::AREA,
            Self::Payments => quittance_payments::AREA,
            Self::CreditRisk => quittance_credit_risk::AREA,
            Self::Collections => quittance_collections::AREA,
            Self::Reporting => quittance_reporting::AREA,
        }
    }

    pub(crate) fn reads(self) -> &'static [&'static str] {
        match self {
            Self::Invoicing => quittance_invoicing::App::READS,
            Self::Payments => quittance_payments::App::READS,
            Self::CreditRisk => quittance_credit_risk::App::READS,
            Self::Collections => quittance_collections::App::READS,
            Self::Reporting => quittance_reporting::App::READS,
        }
    }
}
