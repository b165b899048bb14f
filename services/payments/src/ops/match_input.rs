//! The matching engine's input for a batch of payments, and its results with stored ids.

use std::collections::{HashMap, HashSet};

use quittance_kernel::{CustomerId, Money, PolicyId, WriteOff, WriteOffReason};

use quittance_matching::{
    Book, CustomerIx, Decision, Evidence, Explanation, MoneyIn, Origin, Part, Proposal, minor, propose,
};

use crate::{
    db::payer::Owner,
    domain::{
        Alternative, Candidate, Finding, MatchingPolicy, Payment, Share, Tolerances, UnappliedReason,
        allocation::counts_on,
    },
};

/// The candidate items and customers of all payments of a batch.
#[derive(Debug, Default)]
pub(super) struct MatchInput {
    book: Book,
    candidates: Vec<Candidate>,
    known: HashSet<quittance_kernel::ItemId>,
    customers: Vec<CustomerId>,
    by_id: HashMap<CustomerId, CustomerIx>,
    policy: MatchingPolicy,
    tolerances: Tolerances,
}

impl MatchInput {
    pub(super) fn new(policy: MatchingPolicy, tolerances: Tolerances) -> Self {
        Self { policy, tolerances, ..Self::default() }
    }

    /// The tolerance policy that it decides by.
    pub(super) fn tolerance_policy(&self) -> Option<PolicyId> {
        self.tolerances.policy
    }

    /// The customer's index in the book: a known payer has one, even without open items.
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
                item.tolerates = !self.tolerances.rules.blocked.contains(&candidate.customer);
                self.book.add_item(item);
                self.candidates.push(candidate);
            }
        }
    }

    /// The engine's proposal for the unapplied part of a payment.
    pub(super) fn propose(&self, payment: &Payment) -> Proposal {
        match self.line(payment, payment.unapplied) {
            Some(line) => propose(&line, &self.book, &self.policy.of(&self.tolerances.rules, line.currency)),
            None => Proposal::nothing(UnappliedReason::AmountBeyondMatching),
        }
    }

    /// The same, applied to the book: the next payment sees the rest.
    pub(super) fn decide(&mut self, payment: &Payment) -> Finding {
        let proposal = self.propose(payment);
        if let Some(line) = self.line(payment, payment.unapplied) {
            self.book.apply(&line, &proposal);
        }
        self.finding(payment, proposal)
    }

    /// Adds an earlier applied payment.
    pub(super) fn remember(&mut self, payment: &Payment) {
        if let Some(line) = self.line(payment, payment.amount) {
            self.book.remember(&line);
        }
    }

    /// The payment as the engine's input; `None` if the amount exceeds its limit.
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

    /// Whether the proposal is independent of the payer's other items: exactly matched named documents, the payer's own
    /// if the payer is known.
    pub(super) fn is_independent(&self, payment: &Payment, proposal: &Proposal, payers: &[CustomerId]) -> bool {
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
