//! Fields that occur everywhere in CAMT messages.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{Amount, CurrencyCode, Place, Warning, WarningCode, parse_amount, xml::Node};

/// Data of the account for reading its entries.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// Our account's number.
    pub(super) account: String,
    /// Its currency: the default for amounts without one.
    pub(super) currency: Option<CurrencyCode>,
}

/// The side of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Credit,
    Debit,
}

impl Side {
    /// Reads `CdtDbtInd`.
    pub(super) fn parse(text: &str) -> Option<Side> {
        match text.to_ascii_uppercase().as_str() {
            "CRDT" | "CREDIT" | "C" => Some(Side::Credit),
            "DBIT" | "DEBIT" | "D" => Some(Side::Debit),
            _ => None,
        }
    }

    /// A value with this side's sign.
    pub(super) fn sign(self, value: Decimal) -> Decimal {
        match self {
            Side::Credit => value.abs(),
            Side::Debit => -value.abs(),
        }
    }
}

impl Amount {
    /// Without its sign.
    pub(super) fn unsigned(self) -> Amount {
        Amount { value: self.value.abs(), ..self }
    }
}

/// A warning about an element.
pub(super) fn warn(node: &Node, code: WarningCode, message: impl Into<String>) -> Warning {
    Warning { at: Place::Line(node.line()), code, message: message.into() }
}

/// The side in an element's `CdtDbtInd`; a credit with a warning if there is none.
pub(super) fn side_or_credit(node: Option<&Node>, of: &Node, warnings: &mut Vec<Warning>) -> Side {
    let text = node.map_or("", Node::text);
    Side::parse(text).unwrap_or_else(|| {
        let message = format!("`{}` has no side (CdtDbtInd `{text}`): taken as a credit", of.name());
        warnings.push(warn(of, WarningCode::NoSide, message));
        Side::Credit
    })
}

/// An amount element: text with a `Ccy` attribute. By the standard it has no sign; the side is `CdtDbtInd`. A signed
/// amount is ambiguous: the element that contains it is left out.
pub(super) fn amount(node: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Option<Amount> {
    let amount = signed_amount(node, context, warnings)?;
    if amount.value.is_sign_negative() && !amount.value.is_zero() {
        let message = format!("`{}` has a sign: `{}`", node.name(), shortened(node.text()));
        warnings.push(warn(node, WarningCode::BadAmount, message));
        return None;
    }
    Some(amount)
}

/// An amount of a document in remittance information: credit notes are negative there.
pub(super) fn signed_amount(node: &Node, context: &Context, warnings: &mut Vec<Warning>) -> Option<Amount> {
    let Ok(value) = parse_amount(node.text(), '.') else {
        let message = format!("`{}` is not an amount: `{}`", node.name(), shortened(node.text()));
        warnings.push(warn(node, WarningCode::BadAmount, message));
        return None;
    };
    let currency = CurrencyCode::parse(node.currency());
    if currency.is_none() && (context.currency.is_none() || !node.currency().is_empty()) {
        let message = format!("`{}` has no currency of three letters: `{}`", node.name(), shortened(node.currency()));
        warnings.push(warn(node, WarningCode::BadCurrency, message));
    }
    Some(Amount { value, currency: currency.or(context.currency).unwrap_or(CurrencyCode::NONE) })
}

/// A date element: a choice of `Dt` and `DtTm`, or a date itself. The day is used as written, in the bank's time zone.
pub(super) fn date(node: &Node, warnings: &mut Vec<Warning>) -> Option<NaiveDate> {
    let text = node.first_text(&["Dt", "DtTm"]);
    let text = if text.is_empty() { node.text() } else { &text };
    if text.is_empty() {
        return None;
    }
    let day = parse_day(text);
    if day.is_none() {
        let message = format!("`{}` is not a date: `{}`", node.name(), shortened(text));
        warnings.push(warn(node, WarningCode::BadDate, message));
    }
    day
}

/// The day of an ISO 8601 date or time: `2024-02-29`, `2024-02-29T08:00:00+01:00`, `20240229`.
pub(super) fn parse_day(text: &str) -> Option<NaiveDate> {
    let digits = match text.get(..10) {
        Some(day) if day.as_bytes().get(4) == Some(&b'-') => [day.get(..4)?, day.get(5..7)?, day.get(8..10)?].concat(),
        _ => text.get(..8)?.to_owned(),
    };
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    NaiveDate::from_ymd_opt(
        digits.get(..4)?.parse().ok()?,
        digits.get(4..6)?.parse().ok()?,
        digits.get(6..)?.parse().ok()?,
    )
}

/// A status or code that newer versions put into `Cd` or `Prtry`, older ones write as text.
pub(super) fn code(node: &Node) -> String {
    let inner = node.first_text(&["Cd", "Prtry", "Prtry/Id", "Prtry/Cd"]);
    if inner.is_empty() { node.text().to_owned() } else { inner }
}

/// A reference; empty if the file says that there is none.
pub(super) fn reference(text: &str) -> String {
    let none = ["NOTPROVIDED", "NOT PROVIDED", "NONREF", "NONE"].iter().any(|none| text.eq_ignore_ascii_case(none));
    if none { String::new() } else { text.to_owned() }
}

/// A text for a message, truncated if long.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
