//! Remittance information: `RmtInf`.

use super::fields::{self, Context, code};
use crate::{Advice, Amount, Warning, xml::Node};

/// The remittance information of a payment.
#[derive(Debug, Default)]
pub(super) struct Remittance {
    pub(super) text: String,
    pub(super) creditor_references: Vec<String>,
    pub(super) advice: Vec<Advice>,
}

/// Reads every `RmtInf` of a `TxDtls`.
pub(super) fn read(details: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Remittance {
    let mut remittance = Remittance::default();
    for part in details.all("RmtInf").flat_map(Node::children) {
        match part.name() {
            "Ustrd" => remittance.add_line(part.text()),
            "Strd" => remittance.add_structured(part, context, warnings),
            _ => {}
        }
    }
    remittance
}

impl Remittance {
    fn add_line(&mut self, line: &str) {
        // Swiss banks report the results of their checks here: `?REJECT?0`, `?ERROR?000`.
        if line.is_empty() || line.starts_with("?REJECT?") || line.starts_with("?ERROR?") {
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    fn add_structured(&mut self, node: &Node, context: &Context, warnings: &mut Vec<Warning>) {
        let reference = node.first_text(&["CdtrRefInf/Ref", "CdtrRefInf/CdtrRef"]);
        let documents: Vec<(String, String)> = node.all("RfrdDocInf").filter_map(document).collect();
        let amounts = Amounts::read(node, context, warnings);
        match documents.as_slice() {
            [] if reference.is_empty() || amounts.are_empty() => {}
            // A payment of several references gives each its amount.
            [] => self.advice.push(amounts.advice(reference.clone(), reference_kind(node))),
            [(number, kind)] => self.advice.push(amounts.advice(number.clone(), kind.clone())),
            // One amount for all of them does not apply to each.
            many => self
                .advice
                .extend(many.iter().map(|(number, kind)| Amounts::default().advice(number.clone(), kind.clone()))),
        }
        if !reference.is_empty() {
            self.creditor_references.push(reference);
        }
        for line in node.all("AddtlRmtInf") {
            self.add_line(line.text());
        }
    }
}

/// A document's number and kind.
fn document(node: &Node) -> Option<(String, String)> {
    let number = node.first_text(&["Nb", "RfrdDocNb"]);
    let kind = node.first_text(&["Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd", "RfrdDocTp/Cd", "RfrdDocTp/Prtry"]);
    (!number.is_empty()).then_some((number, kind))
}

fn reference_kind(node: &Node) -> String {
    node.at("CdtrRefInf/Tp/CdOrPrtry").or_else(|| node.at("CdtrRefInf/CdtrRefTp")).map(code).unwrap_or_default()
}

/// `RfrdDocAmt`: a part for each kind of amount, in older versions an element for each.
#[derive(Debug, Default)]
struct Amounts {
    remitted: Option<Amount>,
    credited: Option<Amount>,
    due: Option<Amount>,
    discount: Option<Amount>,
}

impl Amounts {
    fn read(node: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Amounts {
        let mut find = |name: &str| {
            let given = node.all("RfrdDocAmt").find_map(|amounts| amounts.at(name))?;
            fields::signed_amount(given.at("Amt").unwrap_or(given), context, warnings)
        };
        Amounts {
            remitted: find("RmtdAmt"),
            credited: find("CdtNoteAmt"),
            due: find("DuePyblAmt"),
            discount: find("DscntApldAmt"),
        }
    }

    fn are_empty(&self) -> bool {
        self.remitted.is_none() && self.credited.is_none() && self.due.is_none()
    }

    fn advice(self, number: String, kind: String) -> Advice {
        let is_credit_note = kind == "CREN" || (self.remitted.is_none() && self.credited.is_some());
        let mut paid = self.remitted.or(self.credited);
        if is_credit_note {
            paid = paid.map(|amount| Amount { value: -amount.value.abs(), ..amount });
        }
        Advice { number, kind, paid, due: self.due, discount: self.discount }
    }
}
