//! The input and output of matching.

use chrono::NaiveDate;
use quittance_kernel::Currency;

use crate::MatchRule;
use crate::UnappliedReason;
use crate::index::{CustomerIx, ItemIx};

/// An incoming payment.
#[derive(Debug, Clone, Copy)]
pub struct MoneyIn<'a> {
    /// The payer, if the caller knows it.
    pub customer: Option<CustomerIx>,
    /// Its currency.
    pub currency: Currency,
    /// How much, in minor units. Positive.
    pub amount: i64,
    /// The value date, which decides about discounts.
    pub value_on: NaiveDate,
    /// The payer's name as the bank has it; empty if unknown.
    pub payer_name: &'a str,
    /// IBAN or local account of the payer; empty if unknown.
    pub payer_account: &'a str,
    /// Remittance information.
    pub text: &'a str,
    /// Documents in structured remittance information, with the amount paid on each.
    pub advice: &'a [AdviceLine],
}

/// A document in structured remittance information.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct AdviceLine {
    /// Its number as the payer writes it.
    pub number: String,
    /// The amount paid on it, in minor units; `None` if not stated.
    pub paid: Option<i64>,
}

/// How to apply the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Certain: applied automatically.
    Apply,
    /// A person decides between the alternatives.
    Review,
    /// Nothing was found.
    Nothing,
}

impl Decision {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Decision::Apply => "apply",
            Decision::Review => "review",
            Decision::Nothing => "none",
        }
    }
}

/// One explanation of the money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The rule that found it.
    pub rule: MatchRule,
    /// The confidence of the rule, in thousandths.
    pub score: u16,
    /// Its evidence.
    pub evidence: Vec<Evidence>,
    /// The allocation to items; empty if unknown.
    pub parts: Vec<Part>,
    /// The money left over.
    pub left_over: i64,
    /// The residual of the items.
    pub left_open: i64,
    /// Why it is not applied automatically; `None` if it is.
    pub doubt: Option<UnappliedReason>,
}

/// The evidence of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Our creditor reference as issued, and whether it was corrected.
    Reference(String, bool),
    /// A document's number, and its form in the text.
    Number(ItemIx, &'static str),
    /// Structured remittance information names the document.
    Advice(ItemIx),
    /// The payer is known: given, by its account, by its name.
    Payer(&'static str),
    /// How the amount matches: exactly, within tolerance, and so on.
    Amount(&'static str),
    /// A customer with a similar name, in percent.
    SimilarName(CustomerIx, u8),
}

/// The allocation to one item, in minor units. In sum at most its open balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// The item.
    pub item: ItemIx,
    /// Money.
    pub amount: i64,
    /// Early-payment discount granted with it.
    pub discount: i64,
    /// The shortfall written off within tolerance; negative: the excess kept.
    pub write_off: i64,
}

impl Part {
    /// The amount by which it reduces the item.
    pub const fn reduces(&self) -> i64 {
        self.amount.saturating_add(self.discount).saturating_add(self.write_off)
    }
}

impl Proposal {
    /// A proposal without explanations.
    pub const fn nothing(reason: UnappliedReason) -> Proposal {
        Proposal {
            decision: Decision::Nothing,
            best: None,
            alternatives: Vec::new(),
            reason: Some(reason),
            customer: None,
        }
    }
}

/// The result of matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The decision.
    pub decision: Decision,
    /// The best explanation, if there is one: what is applied if the decision is to apply.
    pub best: Option<Explanation>,
    /// The other explanations, the likeliest first.
    pub alternatives: Vec<Explanation>,
    /// Why money is or would be left over; `None` if none is.
    pub reason: Option<UnappliedReason>,
    /// The payer, if known or implied by the applied items.
    pub customer: Option<CustomerIx>,
}
