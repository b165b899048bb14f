//! SEPA direct debits: pain.008, for the Core and B2B schemes.

use chrono::{NaiveDate, NaiveDateTime};

use super::{
    AccountHolder, Bic, CreditorId, Iban, PaymentAmount, RemittanceInformation, Wrong,
    check::Checks,
    write::{Control, Document},
};

/// The version to write; banks specify which they accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DirectDebitVersion {
    /// pain.008.001.02: SEPA's until 2023, which many banks still accept.
    V02,
    /// pain.008.001.08: SEPA's since 2023.
    V08,
}

impl DirectDebitVersion {
    fn message(self) -> &'static str {
        match self {
            DirectDebitVersion::V02 => "pain.008.001.02",
            DirectDebitVersion::V08 => "pain.008.001.08",
        }
    }

    fn bic_element(self) -> &'static str {
        match self {
            DirectDebitVersion::V02 => "BIC",
            DirectDebitVersion::V08 => "BICFI",
        }
    }
}

/// A message of direct debits, in euros as SEPA requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectDebits {
    /// The message id: 1 to 35 characters.
    pub message_id: String,
    /// The time of creation.
    pub created_at: NaiveDateTime,
    /// The initiating party.
    pub initiator: String,
    /// One for each scheme, sequence type and day.
    pub collections: Vec<Collection>,
}

/// A batch of debits: `PmtInf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// The id of the batch, unique in the message: 1 to 35 characters.
    pub id: String,
    /// The scheme.
    pub scheme: Scheme,
    /// The sequence type.
    pub sequence_type: SequenceType,
    /// The due day.
    pub collect_on: NaiveDate,
    /// Whether the bank books one sum; otherwise each debit.
    pub book_as_one: bool,
    /// The creditor.
    pub creditor: Creditor,
    /// The debits.
    pub debits: Vec<DirectDebit>,
}

/// The scheme of a direct debit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Core: can be reversed for eight weeks.
    Core,
    /// Business to business: cannot be reversed, the debtor's bank holds the mandate.
    BusinessToBusiness,
}

impl Scheme {
    fn code(self) -> &'static str {
        match self {
            Scheme::Core => "CORE",
            Scheme::BusinessToBusiness => "B2B",
        }
    }
}

/// The sequence type of a collection within its mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SequenceType {
    /// The first of several.
    First,
    /// One of several; since 2016 the first may be one too.
    Recurrent,
    /// The last.
    Final,
    /// The only one.
    OneOff,
}

impl SequenceType {
    fn code(self) -> &'static str {
        match self {
            SequenceType::First => "FRST",
            SequenceType::Recurrent => "RCUR",
            SequenceType::Final => "FNAL",
            SequenceType::OneOff => "OOFF",
        }
    }
}

/// The creditor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creditor {
    /// The name; at most 70 characters are written.
    pub name: String,
    /// The SEPA creditor identifier.
    pub id: CreditorId,
    /// The account to credit.
    pub iban: Iban,
    /// Its bank.
    pub bic: Option<Bic>,
}

/// A direct debit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectDebit {
    /// The end-to-end id, unique in the message: 1 to 35 characters.
    pub end_to_end_id: String,
    /// In euros.
    pub amount: PaymentAmount,
    /// The mandate.
    pub mandate: Mandate,
    /// The debtor.
    pub debtor: AccountHolder,
    /// The remittance information.
    pub remittance: Option<RemittanceInformation>,
}

/// A debtor's mandate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// The mandate's id: 1 to 35 characters.
    pub id: String,
    /// When the debtor signed it.
    pub signed_on: NaiveDate,
    /// The amendment since the last collection.
    pub amendment: Option<Amendment>,
}

/// An amendment of a mandate, reported once with the next collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amendment {
    /// A new mandate id; this was the old one.
    Renamed(String),
    /// The debtor has a new account.
    NewAccount,
}

impl DirectDebits {
    /// Writes the message. Texts are converted to SEPA's characters by [`super::to_sepa_text`]; counts and control
    /// sums are computed.
    ///
    /// # Errors
    /// All violations, with their paths.
    pub fn write(&self, version: DirectDebitVersion) -> Result<String, Vec<Wrong>> {
        self.check()?;
        let all = self.collections.iter().flat_map(|collection| &collection.debits);
        let control = Control::of(all.map(|debit| debit.amount));
        Ok(Document::write(version.message(), |document| {
            document.group("CstmrDrctDbtInitn", |document| {
                document.header(&self.message_id, self.created_at, &self.initiator, control);
                for collection in &self.collections {
                    document.group("PmtInf", |document| collection.write(document, version));
                }
            });
        }))
    }

    fn check(&self) -> Result<(), Vec<Wrong>> {
        let mut checks = Checks::default();
        checks.id("message_id", &self.message_id);
        checks.name("initiator", &self.initiator);
        checks.rule(!self.collections.is_empty(), "collections", "a message has at least one");
        for (place, collection) in self.collections.iter().enumerate() {
            let at = format!("collections[{place}]");
            let is_past = collection.collect_on < self.created_at.date();
            checks.rule(!is_past, &format!("{at}.collect_on"), "the due day is before the message was made");
            collection.check(&at, &mut checks);
        }
        checks.finish()
    }
}

impl Collection {
    fn check(&self, at: &str, checks: &mut Checks) {
        checks.batch_id(&format!("{at}.id"), &self.id);
        checks.name(&format!("{at}.creditor.name"), &self.creditor.name);
        checks.in_sepa(&format!("{at}.creditor.iban"), &self.creditor.iban);
        checks.rule(!self.debits.is_empty(), &format!("{at}.debits"), "a collection has at least one");
        for (place, debit) in self.debits.iter().enumerate() {
            let at = format!("{at}.debits[{place}]");
            checks.end_to_end_id(&format!("{at}.end_to_end_id"), &debit.end_to_end_id);
            checks.id(&format!("{at}.mandate.id"), &debit.mandate.id);
            checks.holder(&format!("{at}.debtor"), &debit.debtor, true);
            checks.remittance(&format!("{at}.remittance"), debit.remittance.as_ref());
            let signed_before = debit.mandate.signed_on <= self.collect_on;
            checks.rule(signed_before, &format!("{at}.mandate.signed_on"), "the mandate is signed after the due day");
            if let Some(Amendment::Renamed(earlier)) = &debit.mandate.amendment {
                checks.id(&format!("{at}.mandate.amendment"), earlier);
            }
        }
    }

    fn write(&self, document: &mut Document, version: DirectDebitVersion) {
        document.leaf("PmtInfId", &self.id);
        document.leaf("PmtMtd", "DD");
        document.leaf("BtchBookg", if self.book_as_one { "true" } else { "false" });
        document.control(Control::of(self.debits.iter().map(|debit| debit.amount)));
        document.group("PmtTpInf", |document| {
            document.path("SvcLvl/Cd", "SEPA");
            document.path("LclInstrm/Cd", self.scheme.code());
            document.leaf("SeqTp", self.sequence_type.code());
        });
        document.leaf("ReqdColltnDt", &self.collect_on.to_string());
        document.party("Cdtr", &self.creditor.name);
        document.account("CdtrAcct", &self.creditor.iban);
        document.agent("CdtrAgt", version.bic_element(), self.creditor.bic.as_ref());
        document.leaf("ChrgBr", "SLEV");
        document.group("CdtrSchmeId", |document| {
            document.group("Id", |document| {
                document.group("PrvtId", |document| {
                    document.group("Othr", |document| {
                        document.leaf("Id", self.creditor.id.as_str());
                        document.path("SchmeNm/Prtry", "SEPA");
                    });
                });
            });
        });
        for debit in &self.debits {
            document.group("DrctDbtTxInf", |document| debit.write(document, version));
        }
    }
}

impl DirectDebit {
    fn write(&self, document: &mut Document, version: DirectDebitVersion) {
        document.path("PmtId/EndToEndId", &self.end_to_end_id);
        document.instructed("EUR", self.amount);
        document.group("DrctDbtTx", |document| document.group("MndtRltdInf", |document| self.mandate.write(document)));
        document.agent("DbtrAgt", version.bic_element(), self.debtor.bic.as_ref());
        document.party("Dbtr", &self.debtor.name);
        document.account("DbtrAcct", &self.debtor.iban);
        document.remittance(self.remittance.as_ref());
    }
}

impl Mandate {
    fn write(&self, document: &mut Document) {
        document.leaf("MndtId", &self.id);
        document.leaf("DtOfSgntr", &self.signed_on.to_string());
        let Some(amendment) = &self.amendment else { return };
        document.leaf("AmdmntInd", "true");
        document.group("AmdmntInfDtls", |document| match amendment {
            Amendment::Renamed(earlier) => document.leaf("OrgnlMndtId", earlier),
            // EPC130-08: "same mandate, new debtor account".
            Amendment::NewAccount => document.path("OrgnlDbtrAcct/Id/Othr/Id", "SMNDA"),
        });
    }
}
