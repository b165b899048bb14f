//! Balances: `Bal`.

use super::fields::{self, Context};
use crate::{Amount, Balance, BalanceKind, StatementTail, Warning, WarningCode, xml::Node};

/// Reads a `Bal`. One without a readable amount is left out, with a warning.
pub(super) fn read(node: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Option<Balance> {
    let code = node.first_text(&["Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd", "Tp/Prtry"]);
    let Some(given) = node.at("Amt") else {
        warnings.push(fields::warn(node, WarningCode::Missing, format!("the balance {code} has no amount")));
        return None;
    };
    let amount = fields::amount(given, context, warnings)?;
    let side = fields::side_or_credit(node.at("CdtDbtInd"), node, warnings);
    Some(Balance {
        kind: kind(&code),
        code,
        amount: Amount { value: side.sign(amount.value), ..amount },
        on: node.at("Dt").and_then(|date| fields::date(date, warnings)),
    })
}

/// ISO 20022 external code set, balance types: `OPBD` opening booked, `PRCD` previously closed booked, `CLBD` closing
/// booked. Interim and available balances are neither.
fn kind(code: &str) -> BalanceKind {
    match code.to_ascii_uppercase().as_str() {
        "OPBD" | "PRCD" => BalanceKind::Opening,
        "CLBD" => BalanceKind::Closing,
        _ => BalanceKind::Other,
    }
}

/// The opening balance is `OPBD`, else `PRCD`; the closing one `CLBD`.
pub(super) fn tail(balances: Vec<Balance>) -> StatementTail {
    let first = |code: &str| balances.iter().find(|balance| balance.code.eq_ignore_ascii_case(code)).cloned();
    StatementTail { opening: first("OPBD").or_else(|| first("PRCD")), closing: first("CLBD"), balances }
}
