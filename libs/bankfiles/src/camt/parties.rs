//! The counterparty of an entry.

use super::fields::Side;
use crate::{Party, xml::Node};

/// The number in an account: an IBAN without blanks, else the bank's own.
pub(super) fn account(node: &Node) -> String {
    let iban = node.text_at("Id/IBAN");
    if iban.is_empty() {
        node.first_text(&["Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN", "Id/UPIC", "Prxy/Id"])
    } else {
        iban.split_whitespace().collect()
    }
}

/// BIC, else a clearing system's number.
fn agent(node: &Node) -> String {
    node.first_text(&[
        "FinInstnId/BICFI",
        "FinInstnId/BIC",
        "FinInstnId/CmbndId/BIC",
        "FinInstnId/ClrSysMmbId/MmbId",
        "FinInstnId/ClrSysMmbId/Id",
        "FinInstnId/Othr/Id",
        "FinInstnId/PrtryId/Id",
    ])
}

fn name(details: &Node, role: &str) -> String {
    let Some(party) = details.at("RltdPties").and_then(|parties| parties.at(role)) else { return String::new() };
    party.first_text(&["Pty/Nm", "Nm", "Agt/FinInstnId/Nm"])
}

fn party(details: &Node, role: &str) -> Party {
    let number = details.at(&format!("RltdPties/{role}Acct")).map(account);
    let bank = details.at(&format!("RltdAgts/{role}Agt")).map(agent);
    Party { name: name(details, role), account: number.unwrap_or_default(), bank: bank.unwrap_or_default() }
}

/// A party and its ultimate party.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Actor {
    pub(super) party: Party,
    pub(super) ultimate: Party,
}

impl Actor {
    fn read(details: &Node, role: &str) -> Actor {
        let ultimate = Party { name: name(details, &format!("Ultmt{role}")), ..Party::default() };
        Actor { party: party(details, role), ultimate }
    }

    fn is_named(&self) -> bool {
        !self.party.name.is_empty() || !self.party.account.is_empty()
    }
}

/// Both sides of a `TxDtls`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sides {
    debtor: Actor,
    creditor: Actor,
}

impl Sides {
    pub(super) fn read(details: &Node) -> Sides {
        Sides { debtor: Actor::read(details, "Dbtr"), creditor: Actor::read(details, "Cdtr") }
    }

    /// The counterparty: the payer of a credit, the payee of a debit. The parties of a returned payment
    /// keep their original roles, so a debit that returns one names its payer.
    pub(super) fn theirs(self, side: Side, came_back: bool, our_account: &str) -> Actor {
        let ours = |actor: &Actor| !our_account.is_empty() && actor.party.account == our_account;
        let debtor_is_theirs = match (ours(&self.debtor), ours(&self.creditor)) {
            (true, false) => false,
            (false, true) => true,
            _ => match side {
                Side::Credit => !(came_back && self.creditor.is_named()),
                Side::Debit => came_back && self.debtor.is_named(),
            },
        };
        if debtor_is_theirs { self.debtor } else { self.creditor }
    }
}
