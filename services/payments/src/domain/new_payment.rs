//! What is known of a payment before it is recorded.

use chrono::NaiveDate;
use quittance_kernel::{CustomerId, Metadata, Money};
use quittance_matching::AdviceLine;

use super::method::Method;

/// The content of a payment, from a request or file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NewPayment {
    /// The payer, if known.
    pub customer: Option<CustomerId>,
    /// Positive.
    pub amount: Money,
    /// The value date; `None` for today.
    pub received_on: Option<NaiveDate>,
    /// The method.
    pub method: Method,
    /// The payer's name as the bank has it; empty if unknown.
    pub payer_name: String,
    /// IBAN or local account of the payer; empty if unknown.
    pub payer_account: String,
    /// The original remittance information.
    pub text: String,
    /// The source's own id of the payment.
    pub external_reference: Option<String>,
    /// Documents in structured remittance information.
    pub advice: Vec<AdviceLine>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
}
