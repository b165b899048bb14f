//! Domain values as messages of the contract, for responses and events.

use quittance_matching::{Fallback, UnappliedReason};
use quittance_proto::{instant, money, payments::v1 as pb, write_off_reason};

use crate::domain::{
    Allocation, AllocationState, Alternative, BankImport, ImportedStatement, MatchOutcome, MatchRule, MatchingPolicy,
    Method, Payment, Share, Suspicion,
};

/// An optional id.
pub(crate) fn optional<T: ToString>(id: Option<T>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// A payment method.
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

/// A match rule.
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

/// Why money is unapplied.
pub(crate) fn unapplied_reason(reason: Option<UnappliedReason>) -> pb::UnappliedReason {
    use pb::UnappliedReason as Wire;
    match reason {
        None => Wire::Unspecified,
        Some(UnappliedReason::NoReferenceNoPayer) => Wire::NoReferenceNoPayer,
        Some(UnappliedReason::PayerHasNoOpenItem) => Wire::PayerHasNoOpenItem,
        Some(UnappliedReason::NoSingleEqualItem) => Wire::NoSingleEqualItem,
        Some(UnappliedReason::ItemAlreadyPaid) => Wire::ItemAlreadyPaid,
        Some(UnappliedReason::AmountExceedsItems) => Wire::AmountExceedsItems,
        Some(UnappliedReason::AmountBelowItems) => Wire::AmountBelowItems,
        Some(UnappliedReason::AmbiguousReference) => Wire::AmbiguousReference,
        Some(UnappliedReason::CurrencyDiffers) => Wire::CurrencyDiffers,
        Some(UnappliedReason::PaidBeforeIssue) => Wire::PaidBeforeIssue,
        Some(UnappliedReason::SeveralExplanations) => Wire::SeveralExplanations,
        Some(UnappliedReason::PayerDiffers) => Wire::PayerDiffers,
        Some(UnappliedReason::UnknownDocument) => Wire::UnknownDocument,
        Some(UnappliedReason::NameOnly) => Wire::NameOnly,
        Some(UnappliedReason::PossibleDuplicate) => Wire::PossibleDuplicate,
        Some(UnappliedReason::AmountBeyondMatching) => Wire::AmountBeyondMatching,
        Some(UnappliedReason::RefusedByInvoicing) => Wire::RefusedByInvoicing,
        Some(UnappliedReason::UnappliedManually) => Wire::UnappliedManually,
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
        tolerance_policy_id: allocation.tolerance_policy.map(|id| id.to_string()).unwrap_or_default(),
        allocation_id: allocation.id.to_string(),
        item_id: allocation.item.to_string(),
        number: allocation.number.clone(),
        amount: Some(money(allocation.amount)),
        discount: allocation.discount.map(money),
        effective_on: allocation.effective_on.to_string(),
        state: state(&allocation.state).into(),
        rule: rule(Some(allocation.rule)).into(),
        rejection_reason,
        write_off: allocation.write_off.map(|write_off| money(write_off.amount)),
        write_off_reason: write_off_reason(allocation.write_off.map(|write_off| write_off.reason)).into(),
    }
}

/// An alternative.
pub(crate) fn alternative(alternative: &Alternative) -> pb::MatchAlternative {
    let proposed = |share: &Share| pb::ProposedAllocation {
        item_id: share.item.to_string(),
        number: share.number.clone(),
        amount: Some(money(share.amount)),
        discount: share.discount.map(money),
        write_off: share.write_off.map(|write_off| money(write_off.amount)),
    };
    pb::MatchAlternative {
        rule: rule(Some(alternative.rule)).into(),
        score: format!("{}.{:03}", alternative.score / 1000, alternative.score % 1000),
        unapplied_reason: unapplied_reason(alternative.doubt).into(),
        evidence: alternative.evidence.clone(),
        allocations: alternative.shares.iter().map(proposed).collect(),
        left_over: Some(money(alternative.left_over)),
        left_open: Some(money(alternative.left_open)),
    }
}

/// The tenant's matching policy.
pub(crate) fn policy(policy: &MatchingPolicy) -> pb::MatchingPolicy {
    pb::MatchingPolicy {
        fallback: match policy.fallback {
            Fallback::OnAccount => pb::MatchFallback::OnAccount,
            Fallback::OldestFirst => pb::MatchFallback::OldestFirst,
        }
        .into(),
        etag: if policy.version == 0 { String::new() } else { policy.version.to_string() },
    }
}

fn outcome(outcome: &MatchOutcome) -> pb::MatchOutcome {
    pb::MatchOutcome {
        rule: rule(outcome.rule).into(),
        evidence: outcome.evidence.clone(),
        unapplied_reason: unapplied_reason(outcome.unapplied_reason).into(),
    }
}

/// A payment with its allocations.
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
        update_time: Some(instant(payment.updated_at)),
        metadata: payment.metadata.entries().clone(),
    }
}

/// Leaves out of a payment what its basic view has not.
pub(crate) fn strip_payment(whole: &mut pb::Payment) {
    whole.payer_name.clear();
    whole.payer_account.clear();
    whole.text.clear();
    whole.allocations.clear();
    whole.metadata.clear();
    if let Some(outcome) = &mut whole.r#match {
        outcome.evidence.clear();
    }
}

fn statement(statement: &ImportedStatement) -> pb::ImportedStatement {
    pb::ImportedStatement {
        statement_id: statement.id.clone(),
        account: statement.account.clone(),
        opening_balance: statement.opening.clone().unwrap_or_default(),
        closing_balance: statement.closing.clone().unwrap_or_default(),
        currency_code: statement.currency.clone(),
        does_not_tie: statement.does_not_tie,
        entries: statement.entries,
    }
}

/// An import.
pub(crate) fn bank_import(import: &BankImport) -> pb::BankImport {
    let problems = import.problems.iter().map(|problem| pb::LineProblem {
        line: i32::try_from(problem.line).unwrap_or(i32::MAX),
        reason: problem.reason.clone(),
        description: problem.description.clone(),
    });
    pb::BankImport {
        import_id: import.id.to_string(),
        file_name: import.file_name.clone(),
        sha256: hex::encode(&import.sha256),
        account: import.account.clone(),
        new_lines: import.new_lines,
        known_lines: import.known_lines,
        ignored_lines: import.ignored_lines,
        problems: problems.collect(),
        import_time: Some(instant(import.imported_at)),
        format: import.format.clone(),
        statements: import.statements.iter().map(statement).collect(),
        suspicious: import
            .suspicious
            .iter()
            .map(|entry| pb::SuspiciousEntry {
                line: i32::try_from(entry.line).unwrap_or(i32::MAX),
                reason: match entry.reason {
                    Suspicion::SameBankReference => pb::SuspicionReason::SameBankReference.into(),
                },
                description: entry.description.clone(),
            })
            .collect(),
    }
}
