//! Words that tell what the number after them is, in the languages of payers.

use crate::number::{Gap, Kind, Run};

/// A document of the seller.
const DOCUMENT: [&str; 31] = [
    "BELEG",
    "BILL",
    "BILLS",
    "DOC",
    "FACT",
    "FACTURA",
    "FACTURE",
    "FACTURES",
    "FACTUUR",
    "FACTUREN",
    "FATTURA",
    "FAKTURA",
    "FAKTUUR",
    "FRA",
    "INV",
    "INVOICE",
    "INVOICES",
    "INVS",
    "RE",
    "RECHN",
    "RECHNG",
    "RECHNUNG",
    "RECHNUNGEN",
    "RECHNUNGSNR",
    "RECHNUNGSNUMMER",
    "RENR",
    "RG",
    "RGN",
    "RGNR",
    "RNR",
    "RNRN",
];
/// Something else that is numbered.
const OTHER: [&str; 45] = [
    "ACCOUNT",
    "ACCT",
    "AUFTRAG",
    "AUFTRAGSNR",
    "BESTELLING",
    "BESTELLNR",
    "BESTELLUNG",
    "BIC",
    "CLIENT",
    "COMMANDE",
    "CONTRACT",
    "CONTRAT",
    "CRED",
    "CUST",
    "CUSTOMER",
    "DELIVERY",
    "EREF",
    "FAX",
    "HRB",
    "IBAN",
    "KD",
    "KDN",
    "KDNR",
    "KLANT",
    "KLANTNR",
    "KREF",
    "KUNDE",
    "KUNDENNR",
    "KUNDENNUMMER",
    "LIEFERSCHEIN",
    "LS",
    "MANDAT",
    "MANDATE",
    "MREF",
    "ORDER",
    "PHONE",
    "PO",
    "POLICY",
    "PROJECT",
    "PROJEKT",
    "TEL",
    "TELEFON",
    "USTID",
    "VAT",
    "VERTRAG",
];
/// Words between such a word and its number.
const FILLERS: [&str; 12] =
    ["N", "NO", "NR", "NRN", "NUM", "NUMBER", "NUMBERS", "NUMERO", "NUMMER", "NUMMERN", "NRO", "NOS"];

/// What the words before a number call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// A document.
    Document,
    /// Something else: an order, a customer, an account.
    Other,
    /// Nothing.
    Nothing,
}

/// Before groups of digits: a telephone, an account.
const GROUPED: [&str; 9] = ["FAX", "IBAN", "KONTO", "MOB", "MOBIL", "MOBILE", "PHONE", "TEL", "TELEFON"];
/// The longest run of a telephone number or an account in groups, and of letters attached to a number.
const MAX_GROUP: usize = 4;
const MAX_GLUED: usize = 3;

/// What the words before the run call it. Letters attached to it, and groups of digits between a word for a telephone and
/// the run, are skipped.
pub(super) fn called(text: &[Run], at: usize) -> Called {
    let mut next = at;
    let mut grouped = false;
    while let Some(run) = next.checked_sub(1).and_then(|at| text.get(at)) {
        let gap = text.get(next).map_or(Gap::Other, |next| next.gap);
        let glued = gap == Gap::None;
        let word = run.text.as_str();
        match run.kind {
            // Part of one number with the run.
            Kind::Digits if matches!(gap, Gap::None | Gap::Dash) => {}
            Kind::Digits if word.len() <= MAX_GROUP => grouped = true,
            Kind::Letters if grouped && GROUPED.contains(&word) => return Called::Other,
            Kind::Letters if grouped => return Called::Nothing,
            Kind::Letters if OTHER.contains(&word) || GROUPED.contains(&word) => return Called::Other,
            Kind::Letters if DOCUMENT.contains(&word) => return Called::Document,
            Kind::Letters if FILLERS.contains(&word) || (glued && word.chars().count() <= MAX_GLUED) => {}
            Kind::Digits | Kind::Letters => return Called::Nothing,
        }
        next -= 1;
    }
    Called::Nothing
}

/// Words for several documents, a partial payment, or another payer: one item with the same amount is then
/// not an explanation.
const NOT_ONE: [&str; 24] = [
    "ABSCHLAG",
    "ACCONTO",
    "ACOMPTE",
    "ANZAHLUNG",
    "BEHALF",
    "CONTO",
    "DEPOSIT",
    "DIVERSE",
    "DIV",
    "FACTURES",
    "INSTALLMENT",
    "INSTALMENT",
    "INVOICES",
    "NAMENS",
    "PARTIAL",
    "PART",
    "RATE",
    "RATENZAHLUNG",
    "RECHNUNGEN",
    "SAMMELRECHNUNG",
    "SAMMELUEBERWEISUNG",
    "SAMMELZAHLUNG",
    "TEILZAHLUNG",
    "VARIOUS",
];

/// Whether the text says that it is not one document paid in full.
pub(super) fn denies_one(text: &[Run]) -> bool {
    text.iter().any(|run| run.kind == Kind::Letters && NOT_ONE.contains(&run.text.as_str()))
}
