//! Domain values as the contract says them: for answers and for events.

use quittance_proto::{instant, money, payments::v1 as pb};

use crate::domain::{Allocation, AllocationState, BankImport, MatchOutcome, MatchRule, Method, Payment};

/// An id, or nothing.
pub(crate) fn optional<T: ToString>(id: Option<T>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// How money came.
pub(crate) fn method(method: Method) -> pb::PaymentMethod {
    match method {
        Method::Transfer => pb::PaymentMethod::Transfer,
        Method::Card => pb::PaymentMethod::Card,
        Method::Check => pb::PaymentMethod::Check,
        Method::DirectDebit => pb::PaymentMethod::DirectDebit,
        Method::Cash => pb::PaymentMethod::Cash,
        Method::Electronic => pb::PaymentMethod::Electronic,
    }
}

/// By what something was found.
pub(crate) fn rule(rule: Option<MatchRule>) -> pb::MatchRule {
    match rule {
        None => pb::MatchRule::Unspecified,
        Some(MatchRule::PaymentReference) => pb::MatchRule::PaymentReference,
        Some(MatchRule::DocumentNumber) => pb::MatchRule::DocumentNumber,
        Some(MatchRule::RemittanceAdvice) => pb::MatchRule::RemittanceAdvice,
        Some(MatchRule::PayerAndNumber) => pb::MatchRule::PayerAndNumber,
        Some(MatchRule::PayerAndAmount) => pb::MatchRule::PayerAndAmount,
        Some(MatchRule::PayerAndSubset) => pb::MatchRule::PayerAndSubset,
        Some(MatchRule::AccountBalance) => pb::MatchRule::AccountBalance,
        Some(MatchRule::SimilarName) => pb::MatchRule::SimilarName,
        Some(MatchRule::OldestFirst) => pb::MatchRule::OldestFirst,
        Some(MatchRule::Manual) => pb::MatchRule::Manual,
    }
}

fn state(state: &AllocationState) -> pb::AllocationState {
    match state {
        AllocationState::Pending => pb::AllocationState::Pending,
        AllocationState::Applied => pb::AllocationState::Applied,
        AllocationState::Rejected { .. } => pb::AllocationState::Rejected,
        AllocationState::Reversing { .. } => pb::AllocationState::Reversing,
        AllocationState::Reversed { .. } => pb::AllocationState::Reversed,
    }
}

/// An allocation.
pub(crate) fn allocation(allocation: &Allocation) -> pb::Allocation {
    let rejection_reason = match &allocation.state {
        AllocationState::Rejected { reason } => reason.clone(),
        AllocationState::Pending
        | AllocationState::Applied
        | AllocationState::Reversing { .. }
        | AllocationState::Reversed { .. } => String::new(),
    };
    pb::Allocation {
        allocation_id: allocation.id.to_string(),
        item_id: allocation.item.to_string(),
        number: allocation.number.clone(),
        amount: Some(money(allocation.amount)),
        discount: allocation.discount.map(money),
        effective_on: allocation.effective_on.to_string(),
        state: state(&allocation.state).into(),
        rule: rule(Some(allocation.rule)).into(),
        rejection_reason,
    }
}

fn outcome(outcome: &MatchOutcome) -> pb::MatchOutcome {
    pb::MatchOutcome {
        rule: rule(outcome.rule).into(),
        evidence: outcome.evidence.clone(),
        unapplied_reason: outcome.unapplied_reason.map(|reason| reason.label().to_owned()).unwrap_or_default(),
    }
}

/// A payment with where its money went.
pub(crate) fn payment(payment: &Payment, allocations: &[Allocation]) -> pb::Payment {
    pb::Payment {
        payment_id: payment.id.to_string(),
        customer_id: optional(payment.customer),
        amount: Some(money(payment.amount)),
        received_on: payment.received_on.to_string(),
        method: method(payment.method).into(),
        payer_name: payment.payer_name.clone(),
        payer_account: payment.payer_account.clone(),
        text: payment.text.clone(),
        external_reference: payment.external_reference.clone().unwrap_or_default(),
        applied: Some(money(payment.applied)),
        pending: Some(money(payment.pending)),
        unapplied: Some(money(payment.unapplied)),
        allocations: allocations.iter().map(allocation).collect(),
        r#match: Some(outcome(&payment.match_outcome)),
        etag: payment.version.to_string(),
        record_time: Some(instant(payment.recorded_at)),
    }
}

/// What an import did.
pub(crate) fn bank_import(import: &BankImport) -> pb::BankImport {
    let problems = import.problems.iter().map(|problem| pb::LineProblem {
        line: i32::try_from(problem.line).unwrap_or(i32::MAX),
        reason: problem.reason.clone(),
        description: problem.description.clone(),
    });
    pb::BankImport {
        import_id: import.id.to_string(),
        file_name: import.file_name.clone(),
        sha256: import.sha256.iter().fold(String::with_capacity(64), |text, byte| format!("{text}{byte:02x}")),
        account: import.account.clone(),
        new_lines: import.new_lines,
        known_lines: import.known_lines,
        ignored_lines: import.ignored_lines,
        problems: problems.collect(),
        import_time: Some(instant(import.imported_at)),
    }
}
