//! What the engine needs to know for a batch of payments, and its answers in the terms of the store.

use std::collections::{HashMap, HashSet};

use quittance_kernel::{CustomerId, Money, WriteOff, WriteOffReason};

use quittance_matching::{
    Book, CustomerIx, Decision, Evidence, Explanation, MoneyIn, Origin, Part, Proposal, minor, propose,
};

use crate::{
    db::payer::Owner,
    domain::{Alternative, Candidate, Finding, MatchingPolicy, Payment, Share, UnappliedReason, allocation::counts_on},
};

/// The items and customers that any payment of a batch may have to do with.
#[derive(Debug, Default)]
pub(super) struct MatchInput {
    book: Book,
    candidates: Vec<Candidate>,
    known: HashSet<quittance_kernel::ItemId>,
    customers: Vec<CustomerId>,
    by_id: HashMap<CustomerId, CustomerIx>,
    policy: MatchingPolicy,
}

impl MatchInput {
    pub(super) fn new(policy: MatchingPolicy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// The customer's place in the book: whoever is known to have paid has one, also if it owes nothing.
    pub(super) fn customer(&mut self, id: CustomerId) -> CustomerIx {
        if let Some(known) = self.by_id.get(&id) {
            return *known;
        }
        let ix = self.book.add_customer("");
        self.customers.push(id);
        self.by_id.insert(id, ix);
        ix
    }

    pub(super) fn add_name(&mut self, customer: CustomerId, name: &str, origin: Origin) {
        let customer = self.customer(customer);
        self.book.add_name(customer, name, origin);
    }

    pub(super) fn add_accounts(&mut self, owners: &[Owner]) {
        for owner in owners {
            let customer = self.customer(owner.customer);
            self.book.add_account(customer, &owner.key, owner.origin);
        }
    }

    /// Adds items, each once.
    pub(super) fn add_items(&mut self, found: Vec<Candidate>) {
        for candidate in found {
            if !self.known.insert(candidate.item) {
                continue;
            }
            let customer = self.customer(candidate.customer);
            if let Some(mut item) = candidate.item(customer) {
                item.tolerates = !self.policy.blocked.contains(&candidate.customer);
                self.book.add_item(item);
                self.candidates.push(candidate);
            }
        }
    }

    /// What the engine makes of what is left of a payment.
    pub(super) fn propose(&self, payment: &Payment) -> Proposal {
        match self.line(payment, payment.unapplied) {
            Some(line) => propose(&line, &self.book, &self.policy.of(line.currency)),
            None => Proposal::nothing(UnappliedReason::AmountBeyondMatching),
        }
    }

    /// The same, applied in the book: the next payment sees what is left.
    pub(super) fn decide(&mut self, payment: &Payment) -> Finding {
        let proposal = self.propose(payment);
        if let Some(line) = self.line(payment, payment.unapplied) {
            self.book.apply(&line, &proposal);
        }
        self.finding(payment, proposal)
    }

    /// Remembers a payment that was applied before.
    pub(super) fn remember(&mut self, payment: &Payment) {
        if let Some(line) = self.line(payment, payment.amount) {
            self.book.remember(&line);
        }
    }

    /// The payment as the engine looks at it; `None` where the amount is beyond what it reckons with.
    fn line<'a>(&self, payment: &'a Payment, amount: Money) -> Option<MoneyIn<'a>> {
        Some(MoneyIn {
            customer: payment.customer.and_then(|customer| self.by_id.get(&customer)).copied(),
            currency: payment.unapplied.currency(),
            amount: minor(amount)?,
            value_on: payment.received_on,
            payer_name: &payment.payer_name,
            payer_account: &payment.payer_account,
            text: &payment.text,
            advice: &payment.advice,
        })
    }

    /// Whether the proposal holds whatever else its payer owes: documents that were named, to the cent, and the payer's own
    /// as far as the payer is known.
    pub(super) fn stands_alone(&self, payment: &Payment, proposal: &Proposal, payers: &[CustomerId]) -> bool {
        let Some(best) = proposal.best.as_ref().filter(|_| proposal.decision == Decision::Apply) else { return false };
        let to_the_cent = best.evidence.contains(&Evidence::Amount("to the cent")) && best.left_over == 0;
        let mut owners = best.parts.iter().filter_map(|part| self.candidates.get(part.item.index()));
        let payers: HashSet<CustomerId> = payers.iter().copied().chain(payment.customer).collect();
        to_the_cent && owners.all(|item| payers.is_empty() || payers.contains(&item.customer))
    }

    fn finding(&self, payment: &Payment, proposal: Proposal) -> Finding {
        let shown = proposal.best.as_ref().or(proposal.alternatives.first());
        let customer = proposal.customer.and_then(|customer| self.customers.get(customer.index())).copied();
        Finding {
            rule: shown.map(|shown| shown.rule),
            evidence: shown.map(|shown| self.evidence(shown)).unwrap_or_default(),
            shares: proposal.best.as_ref().map(|best| self.shares(payment, &best.parts)).unwrap_or_default(),
            unapplied_reason: proposal.reason,
            customer,
            alternatives: if proposal.decision == Decision::Review {
                proposal.alternatives.iter().map(|alternative| self.alternative(payment, alternative)).collect()
            } else {
                Vec::new()
            },
        }
    }

    fn alternative(&self, payment: &Payment, explanation: &Explanation) -> Alternative {
        let money = |minor| Money::from_minor(minor, payment.amount.currency());
        Alternative {
            rule: explanation.rule,
            score: explanation.score,
            doubt: explanation.doubt,
            evidence: self.evidence(explanation),
            shares: self.shares(payment, &explanation.parts),
            left_over: money(explanation.left_over),
            left_open: money(explanation.left_open),
        }
    }

    fn shares(&self, payment: &Payment, parts: &[Part]) -> Vec<Share> {
        let money = |minor| Money::from_minor(minor, payment.amount.currency());
        let share = |part: &Part| {
            let item = self.candidates.get(part.item.index())?;
            let write_off = WriteOff { amount: money(part.write_off), reason: WriteOffReason::SmallDifference };
            Some(Share {
                item: item.item,
                customer: item.customer,
                number: item.number.clone(),
                amount: money(part.amount),
                discount: (part.discount != 0).then(|| money(part.discount)),
                write_off: (part.write_off != 0).then_some(write_off),
                effective_on: counts_on(payment.received_on, item.issued_on),
            })
        };
        parts.iter().filter_map(share).collect()
    }

    fn evidence(&self, explanation: &Explanation) -> Vec<String> {
        let number = |item: &quittance_matching::ItemIx| {
            self.candidates.get(item.index()).map_or("", |candidate| candidate.number.as_str())
        };
        let text = |evidence: &Evidence| match evidence {
            Evidence::Reference(reference, false) => reference.clone(),
            Evidence::Reference(reference, true) => format!("{reference} (repaired)"),
            Evidence::Number(item, "exact") => number(item).to_owned(),
            Evidence::Number(item, how) => format!("{} ({how})", number(item)),
            Evidence::Advice(item) => format!("{} (remittance advice)", number(item)),
            Evidence::Payer(how) => format!("payer by {how}"),
            Evidence::Amount(how) => format!("amount {how}"),
            Evidence::SimilarName(_, percent) => format!("a name {percent}% alike"),
        };
        explanation.evidence.iter().map(text).collect()
    }
}
