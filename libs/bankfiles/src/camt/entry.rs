//! An entry: `Ntry`. Its parts are read one by one: a batch may have a hundred thousand.

use rust_decimal::Decimal;

use super::{
    detail::{self, Part},
    fields::{self, Context, Side, code, reference},
};
use crate::{
    Amount, Entry, EntryStatus, Place, Warning, WarningCode,
    xml::{Broken, Node, Step, Tag, Xml},
};

/// Reads the entry that began with `tag`. `None` if its amount cannot be read.
pub(super) fn read(xml: &mut Xml<'_>, tag: &Tag, context: &Context) -> Result<(Option<Entry>, Vec<Warning>), Broken> {
    let mut reading = Reading::new(tag);
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Step::Start(tag) => match tag.name.as_str() {
                // Its content is read as if it were in the entry itself, as in version 01.
                "NtryDtls" => {}
                "TxDtls" => {
                    let node = xml.subtree(tag)?;
                    reading.add_part(&node, context);
                }
                "Amt" | "CdtDbtInd" | "RvslInd" | "Sts" | "BookgDt" | "ValDt" | "NtryRef" | "AcctSvcrRef"
                | "BkTxCd" | "Chrgs" | "AddtlNtryInf"
                    if xml.depth() == outside.saturating_add(2) =>
                {
                    let node = xml.subtree(tag)?;
                    reading.take(node, context);
                }
                _ => xml.skip()?,
            },
            Step::Eof => return Err(Broken::Truncated(xml.line())),
            Step::Text(_) | Step::End => {}
        }
    }
    Ok(reading.finish(context))
}

/// An entry while it is read.
struct Reading {
    node: Node,
    amount: Option<Node>,
    side: Option<Node>,
    code: String,
    more_information: String,
    parts: Vec<Part>,
    entry: Entry,
    warnings: Vec<Warning>,
}

impl Reading {
    fn new(tag: &Tag) -> Reading {
        Reading {
            node: Node::new(tag.clone()),
            amount: None,
            side: None,
            code: String::new(),
            more_information: String::new(),
            parts: Vec::new(),
            entry: Entry { at: Some(Place::Line(tag.line)), ..Entry::default() },
            warnings: Vec::new(),
        }
    }

    fn take(&mut self, node: Node, context: &Context) {
        let warnings = &mut self.warnings;
        match node.name() {
            "Amt" => self.amount = Some(node),
            "CdtDbtInd" => self.side = Some(node),
            "RvslInd" => self.entry.reversal = matches!(node.text(), "true" | "1"),
            "Sts" => self.entry.status = status(&node, warnings),
            "BookgDt" => self.entry.booked_on = fields::date(&node, warnings),
            "ValDt" => self.entry.value_on = fields::date(&node, warnings),
            "NtryRef" => self.entry.customer_reference = reference(node.text()),
            "AcctSvcrRef" => self.entry.bank_reference = reference(node.text()),
            "BkTxCd" => self.entry.code = transaction_code(&node),
            "Chrgs" => {
                let holder = Node::holding(node);
                self.entry.charges.extend(detail::charges(&holder, context, warnings));
            }
            "AddtlNtryInf" => node.text().clone_into(&mut self.entry.information),
            _ => {}
        }
    }

    fn add_part(&mut self, node: &Node, context: &Context) {
        if self.code.is_empty() {
            self.code = node.at("BkTxCd").map(transaction_code).unwrap_or_default();
        }
        if self.more_information.is_empty() {
            node.text_at("AddtlTxInf").clone_into(&mut self.more_information);
        }
        self.parts.extend(detail::read(node, context, &mut self.warnings));
    }

    fn finish(mut self, context: &Context) -> (Option<Entry>, Vec<Warning>) {
        let Some(given) = self.amount.take() else {
            let message = "an entry without an amount is left out";
            self.warnings.push(fields::warn(&self.node, WarningCode::Missing, message));
            return (None, self.warnings);
        };
        let Some(amount) = fields::amount(&given, context, &mut self.warnings).map(Amount::unsigned) else {
            return (None, self.warnings);
        };
        let side = fields::side_or_credit(self.side.as_ref(), &self.node, &mut self.warnings);
        let mut entry = self.entry;
        entry.amount = Amount { value: side.sign(amount.value), ..amount };
        if entry.code.is_empty() {
            entry.code = self.code;
        }
        if entry.information.is_empty() && self.parts.len() < 2 {
            entry.information = self.more_information;
        }
        share_out_instructed(&mut self.parts, amount);
        let own_sides = have_own_sides(&self.parts, side, amount);
        let finish = |part: Part| {
            let side = part.side().filter(|_| own_sides).unwrap_or(side);
            part.finish(side, entry.reversal, &context.account)
        };
        entry.details = self.parts.into_iter().map(finish).collect();
        (Some(entry), self.warnings)
    }
}

/// An unknown or missing status counts as booked: statements contain little else.
fn status(node: &Node, warnings: &mut Vec<Warning>) -> EntryStatus {
    let text = code(node);
    match text.to_ascii_uppercase().as_str() {
        "BOOK" | "" => EntryStatus::Booked,
        "PDNG" | "FUTR" => EntryStatus::Pending,
        "INFO" => EntryStatus::Information,
        _ => {
            let message = format!("the status `{}` is unknown: taken as booked", fields::shortened(&text));
            warnings.push(fields::warn(node, WarningCode::BadField, message));
            EntryStatus::Booked
        }
    }
}

/// `PMNT-RCDT-ESCT` by ISO's domains; else the bank's own code.
fn transaction_code(node: &Node) -> String {
    let parts = ["Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd"].map(|path| node.text_at(path));
    let named: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if named.is_empty() { node.first_text(&["Prtry/Cd", "Prtry"]) } else { named.join("-") }
}

/// If the parts of a batch have only instructed amounts, which sum to the entry's, these are used.
fn share_out_instructed(parts: &mut [Part], whole: Amount) {
    let theirs =
        |part: &Part| part.instructed().filter(|amount| part.amount().is_none() && amount.currency == whole.currency);
    let sum = parts
        .iter()
        .map(|part| Some(theirs(part)?.value))
        .try_fold(Decimal::ZERO, |sum, value| sum.checked_add(value?));
    if !parts.is_empty() && sum == Some(whole.value) {
        parts.iter_mut().for_each(Part::take_instructed);
    }
}

/// Whether to use the parts' own sides: a batch may have both. Not if they sum to the entry's
/// amount on its own side, or if there is just one: some banks give the side of the original payment.
fn have_own_sides(parts: &[Part], side: Side, whole: Amount) -> bool {
    let value =
        |part: &Part| part.amount().filter(|amount| amount.currency == whole.currency).map(|amount| amount.value);
    let plain = parts.iter().map(value).try_fold(Decimal::ZERO, |sum, value| sum.checked_add(value?));
    let differs = parts.iter().any(|part| part.side().is_some_and(|own| own != side));
    differs && parts.len() > 1 && plain != Some(whole.value)
}
