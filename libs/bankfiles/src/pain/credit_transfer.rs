//! Credit transfers: pain.001, for refunds. SEPA's are in euros.

use chrono::{NaiveDate, NaiveDateTime};

use super::{
    AccountHolder, PaymentAmount, RemittanceInformation, Wrong,
    check::Checks,
    write::{Control, Document},
};
use crate::CurrencyCode;

/// The version to write; banks specify which they accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CreditTransferVersion {
    /// pain.001.001.03: SEPA's until 2023, which many banks still accept.
    V03,
    /// pain.001.001.09: SEPA's since 2023.
    V09,
}

impl CreditTransferVersion {
    fn message(self) -> &'static str {
        match self {
            CreditTransferVersion::V03 => "pain.001.001.03",
            CreditTransferVersion::V09 => "pain.001.001.09",
        }
    }

    fn bic_element(self) -> &'static str {
        match self {
            CreditTransferVersion::V03 => "BIC",
            CreditTransferVersion::V09 => "BICFI",
        }
    }
}

/// A message of credit transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditTransfers {
    /// The message id: 1 to 35 characters.
    pub message_id: String,
    /// The time of creation.
    pub created_at: NaiveDateTime,
    /// The initiating party.
    pub initiator: String,
    /// One for each day and account.
    pub transfers: Vec<Transfers>,
}

/// The scheme of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferKind {
    /// A SEPA credit transfer: in euros, inside SEPA, charges shared.
    Sepa,
    /// Any other, in this currency; charges shared.
    Other(CurrencyCode),
}

impl TransferKind {
    fn currency(&self) -> &str {
        match self {
            TransferKind::Sepa => "EUR",
            TransferKind::Other(currency) => currency.as_str(),
        }
    }

    fn is_sepa(self) -> bool {
        matches!(self, TransferKind::Sepa)
    }
}

/// A batch of transfers: `PmtInf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfers {
    /// The id of the batch, unique in the message: 1 to 35 characters.
    pub id: String,
    /// The scheme.
    pub kind: TransferKind,
    /// The execution date.
    pub execute_on: NaiveDate,
    /// Whether the bank books one sum; otherwise each transfer.
    pub book_as_one: bool,
    /// The debtor.
    pub debtor: AccountHolder,
    /// The transfers.
    pub payments: Vec<CreditTransfer>,
}

/// A credit transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditTransfer {
    /// The end-to-end id, unique in the message: 1 to 35 characters.
    pub end_to_end_id: String,
    /// The amount, in the currency of its scheme.
    pub amount: PaymentAmount,
    /// The creditor.
    pub creditor: AccountHolder,
    /// The remittance information.
    pub remittance: Option<RemittanceInformation>,
}

impl CreditTransfers {
    /// Writes the message. Texts are converted to SEPA's characters by [`super::to_sepa_text`]; counts and control
    /// sums are computed.
    ///
    /// # Errors
    /// All violations, with their paths.
    pub fn write(&self, version: CreditTransferVersion) -> Result<String, Vec<Wrong>> {
        self.check()?;
        let all = self.transfers.iter().flat_map(|transfers| &transfers.payments);
        let control = Control::of(all.map(|payment| payment.amount));
        Ok(Document::write(version.message(), |document| {
            document.group("CstmrCdtTrfInitn", |document| {
                document.header(&self.message_id, self.created_at, &self.initiator, control);
                for transfers in &self.transfers {
                    document.group("PmtInf", |document| transfers.write(document, version));
                }
            });
        }))
    }

    fn check(&self) -> Result<(), Vec<Wrong>> {
        let mut checks = Checks::default();
        checks.id("message_id", &self.message_id);
        checks.name("initiator", &self.initiator);
        checks.rule(!self.transfers.is_empty(), "transfers", "a message has at least one");
        for (place, transfers) in self.transfers.iter().enumerate() {
            let at = format!("transfers[{place}]");
            let is_past = transfers.execute_on < self.created_at.date();
            checks.rule(!is_past, &format!("{at}.execute_on"), "the day is before the message was made");
            transfers.check(&at, &mut checks);
        }
        checks.finish()
    }
}

impl Transfers {
    fn check(&self, at: &str, checks: &mut Checks) {
        checks.batch_id(&format!("{at}.id"), &self.id);
        checks.holder(&format!("{at}.debtor"), &self.debtor, self.kind.is_sepa());
        checks.rule(!self.payments.is_empty(), &format!("{at}.payments"), "transfers have at least one");
        let has_currency = self.kind.currency() != CurrencyCode::NONE.as_str();
        checks.rule(has_currency, &format!("{at}.kind"), "a transfer has a currency");
        for (place, payment) in self.payments.iter().enumerate() {
            let at = format!("{at}.payments[{place}]");
            checks.end_to_end_id(&format!("{at}.end_to_end_id"), &payment.end_to_end_id);
            checks.holder(&format!("{at}.creditor"), &payment.creditor, self.kind.is_sepa());
            checks.remittance(&format!("{at}.remittance"), payment.remittance.as_ref());
        }
    }

    fn write(&self, document: &mut Document, version: CreditTransferVersion) {
        document.leaf("PmtInfId", &self.id);
        document.leaf("PmtMtd", "TRF");
        document.leaf("BtchBookg", if self.book_as_one { "true" } else { "false" });
        document.control(Control::of(self.payments.iter().map(|payment| payment.amount)));
        if self.kind.is_sepa() {
            document.path("PmtTpInf/SvcLvl/Cd", "SEPA");
        }
        let day = self.execute_on.to_string();
        match version {
            CreditTransferVersion::V03 => document.leaf("ReqdExctnDt", &day),
            CreditTransferVersion::V09 => document.path("ReqdExctnDt/Dt", &day),
        }
        document.party("Dbtr", &self.debtor.name);
        document.account("DbtrAcct", &self.debtor.iban);
        document.agent("DbtrAgt", version.bic_element(), self.debtor.bic.as_ref());
        document.leaf("ChrgBr", if self.kind.is_sepa() { "SLEV" } else { "SHAR" });
        for payment in &self.payments {
            document.group("CdtTrfTxInf", |document| payment.write(document, self.kind, version));
        }
    }
}

impl CreditTransfer {
    fn write(&self, document: &mut Document, kind: TransferKind, version: CreditTransferVersion) {
        document.path("PmtId/EndToEndId", &self.end_to_end_id);
        document.group("Amt", |document| document.instructed(kind.currency(), self.amount));
        if self.creditor.bic.is_some() {
            document.agent("CdtrAgt", version.bic_element(), self.creditor.bic.as_ref());
        }
        document.party("Cdtr", &self.creditor.name);
        document.account("CdtrAcct", &self.creditor.iban);
        document.remittance(self.remittance.as_ref());
    }
}
