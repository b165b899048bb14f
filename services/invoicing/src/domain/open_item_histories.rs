//! Histories of an item, in any order of steps and dates, held against what must be true of each.

use proptest::prelude::*;
use quittance_kernel::{BadDebtId, Currency};

use super::tests::{recorded, settlement, small};
use super::*;
use crate::domain::bad_debt::{BadDebt, BadDebtReason, WriteOffRequest};
use crate::domain::period::{LateEntries, OpenDays};
use crate::domain::samples::{day, now, open_item, recording};

#[derive(Debug, Clone, Copy)]
enum Step {
    Settle { minor: i64, discount: Option<i64>, write_off: Option<i64>, days: u64 },
    Close { discount: Option<i64>, write_off: Option<i64>, days: u64 },
    Reverse { which: usize, days: u64 },
    Credit { minor: i64, days: u64 },
    WriteOff { minor: i64, days: u64 },
    Recover { which: usize, minor: i64, days: u64 },
    ClosePeriod { days: u64 },
}

/// What of an item can be reversed or recovered.
#[derive(Default)]
struct Done {
    /// The settlements that are not reversed.
    settled: Vec<RecordedSettlement>,
    bad_debts: Vec<BadDebt>,
    /// The last closed day.
    closed_through: Option<NaiveDate>,
}

impl Done {
    fn recording(&self) -> Recording {
        let recording = recording();
        let open_days = OpenDays::new(recording.open_days.today(), self.closed_through, LateEntries::CarryForward);
        Recording { open_days, ..recording }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let discount = || prop::option::of(0i64..300);
    let write_off = || prop::option::of(-500i64..500);
    prop_oneof![
        4 => (-5i64..6_000, discount(), prop::option::weighted(0.1, -500i64..500), 0u64..20)
            .prop_map(|(minor, discount, write_off, days)| Step::Settle { minor, discount, write_off, days }),
        4 => (discount(), write_off(), 0u64..20)
            .prop_map(|(discount, write_off, days)| Step::Close { discount, write_off, days }),
        4 => (any::<usize>(), 0u64..20).prop_map(|(which, days)| Step::Reverse { which, days }),
        1 => (1i64..6_000, 0u64..20).prop_map(|(minor, days)| Step::Credit { minor, days }),
        1 => (0i64..6_000, 0u64..20).prop_map(|(minor, days)| Step::WriteOff { minor, days }),
        2 => (any::<usize>(), -5i64..6_000, 0u64..20)
            .prop_map(|(which, minor, days)| Step::Recover { which, minor, days }),
        1 => (0u64..20).prop_map(|days| Step::ClosePeriod { days }),
    ]
}

fn cents(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// What the step makes of the item. `None` where it is refused.
fn take(step: Step, item: &OpenItem, done: &mut Done) -> Option<(OpenItem, Vec<Entry>)> {
    let recording = done.recording();
    let Done { settled, bad_debts, closed_through } = done;
    let after = |days: u64| item.issued_on + chrono::Days::new(days);
    let of = |amount: Money, discount: Option<i64>, write_off: Option<i64>, days: u64| Settlement {
        amount,
        discount: discount.map(cents),
        write_off: write_off.and_then(|minor| small(cents(minor))),
        effective_on: after(days),
        ..settlement(item, "1.00", None, "2026-03-02")
    };
    let settle = match step {
        Step::ClosePeriod { days } => {
            *closed_through = (*closed_through).max(Some(after(days)));
            return None;
        }
        Step::Settle { minor, discount, write_off, days } => of(cents(minor), discount, write_off, days),
        Step::Close { discount, write_off, days } => {
            let rest = cents(discount.unwrap_or(0) + write_off.unwrap_or(0));
            of(item.open().checked_sub(rest).unwrap(), discount, write_off, days)
        }
        Step::Reverse { which, days } => {
            let index = which.checked_rem(settled.len())?;
            let done = item.clone().reverse(&settled[index], after(days), &recording).ok()?;
            settled.remove(index);
            return Some(done);
        }
        Step::Credit { minor, days } => {
            let (credited, on) = (item.clone(), after(days));
            let (item, entry) = credited.credited(EntryKind::Credit, cents(-minor), (on, on), &recording).ok()?;
            return Some((item, vec![entry]));
        }
        Step::WriteOff { minor, days } => {
            let request = WriteOffRequest {
                id: BadDebtId::at(now()),
                // Nothing is all that is open.
                amount: (minor > 0).then(|| cents(minor)),
                reason: BadDebtReason::Uncollectible,
                dated_on: after(days),
            };
            let (debt, item, entries) = BadDebt::write_off(item.clone(), request, &recording).ok()?;
            bad_debts.push(debt);
            return Some((item, entries));
        }
        Step::Recover { which, minor, days } => {
            let index = which.checked_rem(bad_debts.len())?;
            let recovered = bad_debts[index].clone().recover(item.clone(), Some(cents(minor)), after(days), &recording);
            let (debt, item, entries) = recovered.ok()?;
            bad_debts[index] = debt;
            return Some((item, entries));
        }
    };
    let done = item.clone().settle(&settle, None, &recording).ok()?;
    settled.push(RecordedSettlement { counts_on: done.1[0].effective_on, ..recorded(&settle) });
    Some(done)
}

/// The balance on each date with an entry.
fn by_date(entries: &[Entry]) -> Vec<(NaiveDate, Money)> {
    let mut dates: Vec<NaiveDate> = entries.iter().map(|entry| entry.effective_on).collect();
    dates.sort_unstable();
    dates.dedup();
    let until = |on: NaiveDate| entries.iter().filter(move |entry| entry.effective_on <= on).map(|entry| entry.amount);
    dates.into_iter().map(|on| (on, Money::sum(Currency::EUR, until(on)).unwrap())).collect()
}

/// Minus the sum of the entries of these kinds.
fn taken_by(entries: &[Entry], kinds: [EntryKind; 2]) -> Money {
    let of_kind = entries.iter().filter(|entry| kinds.contains(&entry.kind));
    Money::sum(Currency::EUR, of_kind.map(|entry| entry.amount.negated())).unwrap()
}

proptest! {
    /// Whatever is requested of an item, it owes neither less than nothing nor more than its total, the entries say exactly
    /// what it owes, and each part of the total what its entries say. Nothing counts in a period that is closed.
    #[test]
    fn entries_sum_to_what_is_open(steps in prop::collection::vec(step(), 0..30)) {
        let mut item = open_item("100.00", "2/10 net 30", "2026-03-02");
        let mut entries = vec![item.opening_entry(&recording())];
        let mut done = Done::default();
        for step in steps {
            if let Some((after, more)) = take(step, &item, &mut done) {
                item = after;
                prop_assert!(more.iter().all(|entry| Some(entry.effective_on) > done.closed_through));
                entries.extend(more);
            }
            let (open, amounts) = (item.open(), item.amounts);
            prop_assert!(!open.is_negative() && open.to_minor() <= amounts.total().to_minor());
            let sum = Money::sum(Currency::EUR, entries.iter().map(|entry| entry.amount));
            prop_assert_eq!(sum, Ok(open));
            for (on, balance) in by_date(&entries) {
                prop_assert!(!balance.is_negative() && balance.to_minor() <= amounts.total().to_minor(), "{balance} on {on}");
            }
            let parts = [
                open, amounts.settled(), amounts.discounted(), amounts.written_off(), amounts.bad_debt(), amounts.credited(),
                amounts.voided(),
            ];
            prop_assert_eq!(Money::sum(Currency::EUR, parts), Ok(amounts.total()));
            prop_assert_eq!(amounts.settled(), taken_by(&entries, SETTLING_AND_BACK[0]));
            prop_assert_eq!(amounts.discounted(), taken_by(&entries, SETTLING_AND_BACK[1]));
            prop_assert_eq!(amounts.written_off(), taken_by(&entries, SETTLING_AND_BACK[2]));
            prop_assert_eq!(amounts.bad_debt(), taken_by(&entries, [EntryKind::BadDebt, EntryKind::Recovery]));
            let left = done.bad_debts.iter().map(|debt| debt.amount.checked_sub(debt.recovered).unwrap());
            prop_assert_eq!(Ok(amounts.bad_debt()), Money::sum(Currency::EUR, left));
        }
        // All that was settled can be reversed and all that was written off recovered, and then nothing is left of it.
        for debt in done.bad_debts.into_iter().filter(|debt| debt.recovered != debt.amount) {
            item = debt.recover(item, None, day("2026-04-30"), &recording()).unwrap().1;
        }
        for recorded in done.settled {
            item = item.reverse(&recorded, day("2026-04-30"), &recording()).unwrap().0;
        }
        prop_assert_eq!(item.open(), item.amounts.total().checked_sub(item.amounts.credited()).unwrap());
        prop_assert!(!item.amounts.is_settled_in_part());
    }
}

/// Each kind with the kind that reverses it.
const SETTLING_AND_BACK: [[EntryKind; 2]; 3] =
    [[SETTLING[0], REVERSING[0]], [SETTLING[1], REVERSING[1]], [SETTLING[2], REVERSING[2]]];
