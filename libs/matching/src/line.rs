//! What matching looks at, and what it answers.

use chrono::NaiveDate;
use quittance_kernel::Currency;

use crate::MatchRule;
use crate::UnappliedReason;
use crate::index::{CustomerIx, ItemIx};

/// Money that came in.
#[derive(Debug, Clone, Copy)]
pub struct MoneyIn<'a> {
    /// Who paid, where the caller knows.
    pub customer: Option<CustomerIx>,
    /// Its currency.
    pub currency: Currency,
    /// How much, in minor units. Positive.
    pub amount: i64,
    /// The day the money counts: it decides about discounts.
    pub value_on: NaiveDate,
    /// As the bank names the payer; empty where it does not.
    pub payer_name: &'a str,
    /// IBAN or local account of the payer; empty where unknown.
    pub payer_account: &'a str,
    /// Remittance information.
    pub text: &'a str,
    /// Documents that structured remittance information names, with what is paid on each.
    pub advice: &'a [AdviceLine],
}

/// A document in structured remittance information.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct AdviceLine {
    /// Its number as the payer writes it.
    pub number: String,
    /// What is paid on it, in minor units; `None` where the payer does not say.
    pub paid: Option<i64>,
}

/// What is to become of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It is certain: it is applied without a hand.
    Apply,
    /// A person decides between the alternatives.
    Review,
    /// Nothing was found.
    Nothing,
}

impl Decision {
    /// As it is printed.
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
    /// How sure the rule is, in thousandths.
    pub score: u16,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What goes where; empty where it is not known.
    pub parts: Vec<Part>,
    /// What is left of the money.
    pub left_over: i64,
    /// What stays open on the items.
    pub left_open: i64,
    /// Why it is not applied by itself, where it is not.
    pub doubt: Option<UnappliedReason>,
}

/// What an explanation rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// Our creditor reference, as issued; the second says that it was repaired.
    Reference(String, bool),
    /// A document's number, and how it stands in the text.
    Number(ItemIx, &'static str),
    /// Structured remittance information names the document.
    Advice(ItemIx),
    /// The payer is known: given, by its account, by its name.
    Payer(&'static str),
    /// The amount fits to the cent, within tolerance, and so on.
    Amount(&'static str),
    /// A customer with a similar name, in percent.
    SimilarName(CustomerIx, u8),
}

/// What goes to one item, in minor units. Together at most what is open on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// The item.
    pub item: ItemIx,
    /// Money.
    pub amount: i64,
    /// Early-payment discount granted with it.
    pub discount: i64,
    /// What is missing and written off within tolerance; negative: what is too much and kept.
    pub write_off: i64,
}

impl Part {
    /// By how much it reduces the item.
    pub const fn reduces(&self) -> i64 {
        self.amount.saturating_add(self.discount).saturating_add(self.write_off)
    }
}

impl Proposal {
    /// Nothing can be said of the money.
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

/// What matching makes of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What is to become of it.
    pub decision: Decision,
    /// The best explanation, if there is one: what is applied if the decision is to apply.
    pub best: Option<Explanation>,
    /// What else was found, the likelier first.
    pub alternatives: Vec<Explanation>,
    /// Why money is or would be left; `None` where nothing is.
    pub reason: Option<UnappliedReason>,
    /// Who paid, where that is known or follows from what is applied.
    pub customer: Option<CustomerIx>,
}
