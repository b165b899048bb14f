//! The payer: given by the caller, by the account the money came from, or by a name unique to one customer.

use crate::book::Book;
use crate::index::{CustomerIx, Origin};
use crate::line::MoneyIn;

/// How the payer was identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Known {
    /// Given by the caller.
    Given,
    /// By the customer's account, recorded or learned.
    Account(Origin),
    /// By the customer's name.
    Name(Origin),
}

/// The payer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Payer {
    /// The candidates: one, or several that share an account.
    pub customers: Vec<CustomerIx>,
    /// How it was identified; `None` if unknown.
    pub known: Option<Known>,
    /// The account and the name belong to different customers.
    pub contradictory: bool,
    /// Whether an account or a name is given.
    pub named: bool,
}

impl Payer {
    /// Identifies the payer of a line.
    pub(super) fn of(line: &MoneyIn<'_>, book: &Book) -> Payer {
        if let Some(customer) = line.customer {
            return Payer { customers: vec![customer], known: Some(Known::Given), contradictory: false, named: true };
        }
        let named = !line.payer_account.trim().is_empty() || !line.payer_name.trim().is_empty();
        let by_account = book.payers(line.payer_account);
        let by_name = book.names().exactly(line.payer_name);
        match (by_account, by_name) {
            ([], None) => Payer { named, ..Payer::default() },
            ([], Some((customer, origin))) => {
                Payer { customers: vec![customer], known: Some(Known::Name(origin)), contradictory: false, named }
            }
            (owners, Some((customer, _))) if owners.iter().any(|(owner, _)| *owner == customer) => Payer {
                customers: vec![customer],
                known: Some(Known::Account(origin(owners))),
                contradictory: false,
                named,
            },
            (owners, by_name) => {
                let customers = owners.iter().map(|(owner, _)| *owner).chain(by_name.map(|(customer, _)| customer));
                let known = Some(Known::Account(origin(owners)));
                Payer { customers: customers.collect(), known, contradictory: by_name.is_some(), named }
            }
        }
    }

    /// Whether the customer is, or may be, the payer.
    pub(super) fn may_be(&self, customer: CustomerIx) -> bool {
        self.customers.contains(&customer)
    }

    /// The customer, if there is just one.
    pub(super) fn one(&self) -> Option<CustomerIx> {
        match self.customers.as_slice() {
            [one] if !self.contradictory => Some(*one),
            _ => None,
        }
    }

    /// Whether the caller or the account identifies the payer: names may be shared with others that are not customers.
    pub(super) fn is_certain(&self) -> bool {
        !self.contradictory && matches!(self.known, Some(Known::Given | Known::Account(_)))
    }
}

fn origin(owners: &[(CustomerIx, Origin)]) -> Origin {
    owners.iter().map(|(_, origin)| *origin).min().unwrap_or(Origin::Record)
}
