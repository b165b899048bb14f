//! One payment of an entry: `TxDtls`.

use super::{
    fields::{self, Context, Side, code, reference},
    parties::Sides,
    remittance,
};
use crate::{Amount, Charge, Detail, Warning, xml::Node};

/// A part of an entry before the entry is known: its amounts have no sign yet, and its counterparty is not chosen.
#[derive(Debug)]
pub(super) struct Part {
    detail: Detail,
    side: Option<Side>,
    /// Boxed, as most parts of a long batch may have no party.
    parties: Option<Box<Sides>>,
}

impl Part {
    /// Its amount, without a sign.
    pub(super) fn amount(&self) -> Option<Amount> {
        self.detail.amount
    }

    /// The instructed amount, without a sign.
    pub(super) fn instructed(&self) -> Option<Amount> {
        self.detail.instructed
    }

    /// Its own side, if given.
    pub(super) fn side(&self) -> Option<Side> {
        self.side
    }

    /// Uses the instructed amount as its amount.
    pub(super) fn take_instructed(&mut self) {
        self.detail.amount = self.detail.instructed.take();
    }

    /// Converts it to a part of an entry of this side.
    pub(super) fn finish(self, side: Side, reversal: bool, our_account: &str) -> Detail {
        let mut detail = self.detail;
        let came_back = reversal || detail.return_reason.is_some();
        if let Some(parties) = self.parties {
            let theirs = parties.theirs(side, came_back, our_account);
            detail.counterparty = theirs.party;
            detail.ultimate_counterparty = theirs.ultimate;
        }
        detail.amount = detail.amount.map(|amount| Amount { value: side.sign(amount.value), ..amount });
        detail
    }
}

/// Reads a `TxDtls`. `None` if it is empty.
pub(super) fn read(node: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Option<Part> {
    let amount = own_amount(node, context, warnings);
    let remittance = remittance::read(node, context, warnings);
    let detail = Detail {
        amount,
        instructed: instructed(node, amount, context, warnings),
        end_to_end_id: reference(node.text_at("Refs/EndToEndId")),
        bank_reference: reference(node.text_at("Refs/AcctSvcrRef")),
        mandate_id: reference(node.text_at("Refs/MndtId")),
        creditor_references: remittance.creditor_references,
        remittance: remittance.text,
        advice: remittance.advice,
        return_reason: return_reason(node),
        charges: charges(node, context, warnings),
        ..Detail::default()
    };
    let parties = Some(Sides::read(node)).filter(|sides| *sides != Sides::default()).map(Box::new);
    let is_empty = detail == Detail::default() && parties.is_none();
    (!is_empty).then(|| Part { detail, side: Side::parse(node.text_at("CdtDbtInd")), parties })
}

/// Versions 01 to 03 have it in `AmtDtls` only.
fn own_amount(node: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Option<Amount> {
    let given = node.at("Amt").or_else(|| node.at("AmtDtls/TxAmt/Amt"))?;
    fields::amount(given, context, warnings).map(Amount::unsigned)
}

fn instructed(node: &Node, own: Option<Amount>, context: &Context, warnings: &mut Vec<Warning>) -> Option<Amount> {
    let amount = fields::amount(node.at("AmtDtls/InstdAmt/Amt")?, context, warnings)?.unsigned();
    let differs = own.is_none_or(|own| own != amount);
    differs.then_some(amount)
}

fn return_reason(node: &Node) -> Option<String> {
    let information = node.at("RtrInf")?;
    let reason = information.at("Rsn").or_else(|| information.at("RtrRsn")).map(code).unwrap_or_default();
    (!reason.is_empty()).then_some(reason)
}

/// Charges of an entry or a part of it. Versions 01 to 03 repeat `Chrgs`; later ones have a `Rcrd` for each in one.
pub(super) fn charges(node: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Vec<Charge> {
    let mut charges = Vec::new();
    for given in node.all("Chrgs") {
        let before = charges.len();
        for record in given.all("Rcrd").chain(given.at("Amt").is_some().then_some(given)) {
            charges.extend(charge(record, "Amt", context, warnings));
        }
        if charges.len() == before {
            charges.extend(charge(given, "TtlChrgsAndTaxAmt", context, warnings));
        }
    }
    charges
}

/// A charge without a side is a debit.
fn charge(node: &Node, name: &str, context: &Context, warnings: &mut Vec<Warning>) -> Option<Charge> {
    let amount = fields::amount(node.at(name)?, context, warnings)?;
    let given_back = Side::parse(node.text_at("CdtDbtInd")) == Some(Side::Credit);
    let value = if given_back { -amount.value } else { amount.value };
    let included = matches!(node.text_at("ChrgInclInd"), "true" | "1");
    Some(Charge { amount: Amount { value, ..amount }, included })
}
