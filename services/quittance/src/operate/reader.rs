//! The service argument of operators' commands.

use clap::ValueEnum;
use quittance_host::Service;

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

    pub(crate) fn reads(self) -> Vec<&'static str> {
        match self {
            Self::Invoicing => areas::<quittance_invoicing::App>(),
            Self::Payments => areas::<quittance_payments::App>(),
            Self::CreditRisk => areas::<quittance_credit_risk::App>(),
            Self::Collections => areas::<quittance_collections::App>(),
            Self::Reporting => areas::<quittance_reporting::App>(),
        }
    }
}

fn areas<S: Service>() -> Vec<&'static str> {
    S::READS.iter().map(|reads| reads.area).collect()
}
