//! Writes XML, and the common parts of payment messages.

use chrono::NaiveDateTime;
use quick_xml::escape::escape;
use rust_decimal::Decimal;

use super::{Bic, Iban, PaymentAmount, RemittanceInformation, check::written_name, sepa_text::to_sepa_text};

/// A document being written: closures make sure that elements are closed.
pub(super) struct Document {
    text: String,
    depth: usize,
}

impl Document {
    /// A document in a message's namespace, with its content.
    pub(super) fn write(message: &str, inside: impl FnOnce(&mut Document)) -> String {
        let mut document = Document { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 1 };
        document.text.push_str("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:");
        document.text.push_str(message);
        document.text.push_str("\">\n");
        inside(&mut document);
        document.text.push_str("</Document>\n");
        document.text
    }

    fn line(&mut self, parts: &[&str]) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        for part in parts {
            self.text.push_str(part);
        }
        self.text.push('\n');
    }

    /// An element with child elements.
    pub(super) fn group(&mut self, name: &str, inside: impl FnOnce(&mut Document)) {
        self.line(&["<", name, ">"]);
        self.depth = self.depth.saturating_add(1);
        inside(self);
        self.depth = self.depth.saturating_sub(1);
        self.line(&["</", name, ">"]);
    }

    /// An element with a text.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.line(&["<", name, ">", &escape(text), "</", name, ">"]);
    }

    /// An element with a text in elements around it: `SvcLvl/Cd`.
    pub(super) fn path(&mut self, path: &str, text: &str) {
        match path.split_once('/') {
            Some((outer, inner)) => self.group(outer, |document| document.path(inner, text)),
            None => self.leaf(path, text),
        }
    }

    /// `InstdAmt`.
    pub(super) fn instructed(&mut self, currency: &str, amount: PaymentAmount) {
        self.line(&["<InstdAmt Ccy=\"", currency, "\">", &amount.to_string(), "</InstdAmt>"]);
    }

    /// A party with only a name.
    pub(super) fn party(&mut self, element: &str, name: &str) {
        self.group(element, |document| document.leaf("Nm", &written_name(name)));
    }

    pub(super) fn account(&mut self, element: &str, iban: &Iban) {
        self.group(element, |document| document.path("Id/IBAN", iban.as_str()));
    }

    /// A bank: by its BIC, in the version's element, or as not provided, which the schema requires.
    pub(super) fn agent(&mut self, element: &str, bic_element: &str, bic: Option<&Bic>) {
        self.group(element, |document| match bic {
            Some(bic) => document.path(&format!("FinInstnId/{bic_element}"), bic.as_str()),
            None => document.path("FinInstnId/Othr/Id", "NOTPROVIDED"),
        });
    }

    pub(super) fn remittance(&mut self, information: Option<&RemittanceInformation>) {
        match information {
            None => {}
            Some(RemittanceInformation::Text(text)) => self.path("RmtInf/Ustrd", &to_sepa_text(text)),
            Some(RemittanceInformation::Reference(reference)) => self.group("RmtInf", |document| {
                document.group("Strd", |document| {
                    document.group("CdtrRefInf", |document| {
                        document.group("Tp", |document| {
                            document.path("CdOrPrtry/Cd", "SCOR");
                            document.leaf("Issr", "ISO");
                        });
                        document.leaf("Ref", &reference.split_whitespace().collect::<String>());
                    });
                });
            }),
        }
    }

    /// `NbOfTxs` and `CtrlSum`.
    pub(super) fn control(&mut self, control: Control) {
        self.leaf("NbOfTxs", &control.count.to_string());
        self.leaf("CtrlSum", &format!("{:.2}", control.sum));
    }

    /// `GrpHdr`.
    pub(super) fn header(&mut self, message_id: &str, created_at: NaiveDateTime, initiator: &str, control: Control) {
        self.group("GrpHdr", |document| {
            document.leaf("MsgId", message_id);
            document.leaf("CreDtTm", &created_at.format("%Y-%m-%dT%H:%M:%S").to_string());
            document.control(control);
            document.party("InitgPty", initiator);
        });
    }
}

/// The number and sum of payments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Control {
    count: u64,
    sum: Decimal,
}

impl Control {
    pub(super) fn of(amounts: impl Iterator<Item = PaymentAmount>) -> Control {
        amounts.fold(Control::default(), |control, amount| Control {
            count: control.count.saturating_add(1),
            sum: control.sum.saturating_add(amount.value()),
        })
    }
}
