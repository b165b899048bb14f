//! What a policy would change.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use quittance_approvals::ApprovalPolicy;
use quittance_kernel::{Currency, Money, MoneyError, TolerancePolicy};

use super::open_item::OpenItem;
use super::period::LateEntries;
use super::refusal::Refusal;

/// The calls of a method, and how many of them need approval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SimulatedCalls {
    /// How many have done something.
    pub calls: i32,
    /// How many of them need a second person.
    pub needing_approval: i32,
}

/// How many calls of each of these methods need approval by a policy.
pub(crate) fn simulate_approvals<'a>(
    policy: &ApprovalPolicy,
    methods: &[&'a str],
    calls: impl IntoIterator<Item = (String, Option<Money>)>,
) -> BTreeMap<&'a str, SimulatedCalls> {
    let mut simulated: BTreeMap<&str, SimulatedCalls> =
        methods.iter().map(|method| (*method, SimulatedCalls::default())).collect();
    for (method, amount) in calls {
        if let Some(counts) = simulated.get_mut(method.as_str()) {
            counts.calls = counts.calls.saturating_add(1);
            if policy.needs_approval(&method, amount) {
                counts.needing_approval = counts.needing_approval.saturating_add(1);
            }
        }
    }
    simulated
}

/// How many of these late entries a policy refuses.
pub(crate) const fn simulate_late_entries(policy: LateEntries, entries: i32) -> i32 {
    match policy {
        LateEntries::CarryForward => 0,
        LateEntries::Refuse => entries,
    }
}

/// How a tolerance policy closes an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// What is open is written off.
    WriteOff,
    /// What is open is a discount that was taken late.
    LateDiscount,
}

/// The items that a tolerance policy closes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SimulatedTolerances {
    /// Each, with how it is closed, the smallest first.
    pub closed: Vec<(OpenItem, Effect)>,
    /// What is written off and granted in all.
    pub totals: BTreeMap<Currency, Money>,
}

/// Which of these open items a policy closes: of each the date of its last payment is given.
///
/// # Errors
/// `Money`, if amounts are too large.
pub(crate) fn simulate_tolerances(
    policy: &TolerancePolicy,
    items: impl IntoIterator<Item = (OpenItem, NaiveDate)>,
) -> Result<SimulatedTolerances, Refusal> {
    let mut simulated = SimulatedTolerances::default();
    for (item, paid_on) in items {
        let Some(effect) = effect(policy, &item, paid_on)? else { continue };
        let open = item.open();
        let total = simulated.totals.entry(open.currency()).or_insert(Money::zero(open.currency()));
        *total = total.checked_add(open).map_err(Refusal::Money)?;
        simulated.closed.push((item, effect));
    }
    simulated.closed.sort_by_key(|(item, _)| (item.open().currency().code(), item.open().to_minor(), item.id));
    Ok(simulated)
}

fn effect(policy: &TolerancePolicy, item: &OpenItem, paid_on: NaiveDate) -> Result<Option<Effect>, Refusal> {
    let open = item.open();
    if is_late_discount(policy, item, paid_on)? {
        return Ok(Some(Effect::LateDiscount));
    }
    let total = item.amounts.total().checked_sub(item.amounts.credited())?;
    let is_tolerated = open.is_positive()
        && !at_least(open, item.amounts.settled())?
        && !exceeds(open, policy.of(item.customer, total))?;
    Ok(is_tolerated.then_some(Effect::WriteOff))
}

/// Whether what is open is the discount of a tier that had ended by the payment, but not its days of grace.
fn is_late_discount(policy: &TolerancePolicy, item: &OpenItem, paid_on: NaiveDate) -> Result<bool, Refusal> {
    let grace = Days::new(policy.granted_grace_days().into());
    let earlier = paid_on.checked_sub_days(grace).unwrap_or(NaiveDate::MIN).max(item.issued_on);
    let (granted, in_time) = (item.discount_on(earlier)?, item.discount_on(paid_on)?);
    let Some(granted) = granted.filter(|granted| in_time != Some(*granted)) else { return Ok(false) };
    Ok(item.open() == granted.checked_sub(item.amounts.discounted())?)
}

fn exceeds(left: Money, right: Money) -> Result<bool, MoneyError> {
    Ok(left.compare(right)?.is_gt())
}

fn at_least(left: Money, right: Money) -> Result<bool, MoneyError> {
    Ok(left.compare(right)?.is_ge())
}

#[cfg(test)]
mod tests {
    use quittance_kernel::{AllocationId, PaymentId, Percent, Tolerance};

    use super::*;
    use crate::domain::Settlement;
    use crate::domain::samples::{day, eur, now, open_item, recording};

    fn paid(terms: &str, amount: &str) -> OpenItem {
        let item = open_item("100.00", terms, "2026-03-02");
        let settlement = Settlement {
            allocation: AllocationId::at(now()),
            payment: PaymentId::at(now()),
            item: item.id,
            amount: eur(amount),
            discount: None,
            write_off: None,
            effective_on: day("2026-03-02"),
            decided_by: None,
            tolerance_policy: None,
        };
        item.settle(&settlement, None, &recording()).unwrap().0
    }

    #[test]
    fn rests_within_the_tolerance_and_late_discounts_are_closed() {
        let tolerance = Tolerance { percent: Percent::parse("1").unwrap(), cap: eur("5") };
        let policy = TolerancePolicy {
            tolerances: [(Currency::EUR, tolerance)].into(),
            grace_days: 3,
            accept_late_discount: true,
            ..TolerancePolicy::default()
        };
        let late = |on: &str| {
            let items = [(paid("2/10 net 30", "98.00"), day(on))];
            simulate_tolerances(&policy, items).unwrap().closed.first().map(|(_, effect)| *effect)
        };
        assert_eq!(late("2026-03-12"), None, "in time: payments grants it");
        assert_eq!(late("2026-03-13"), Some(Effect::LateDiscount));
        assert_eq!(late("2026-03-15"), Some(Effect::LateDiscount));
        assert_eq!(late("2026-03-16"), None);
        let rests = ["99.00", "98.99", "99.50"].map(|amount| (paid("net 30", amount), day("2026-03-02")));
        let simulated = simulate_tolerances(&policy, rests).unwrap();
        let open: Vec<Money> = simulated.closed.iter().map(|(item, _)| item.open()).collect();
        assert_eq!(open, [eur("0.50"), eur("1.00")]);
        assert_eq!(simulated.totals, [(Currency::EUR, eur("1.50"))].into());
    }
}
