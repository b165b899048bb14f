//! Bad debts: what of an item is given up, and what of it is paid after all.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{BadDebtId, CustomerId, ItemId, Money};

use super::amounts::BadAmounts;
use super::entry::{Entry, EntryKind, Recording};
use super::open_item::OpenItem;
use super::refusal::Refusal;

/// Why a debt is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BadDebtReason {
    /// It cannot be collected.
    Uncollectible,
    /// The debtor is insolvent.
    Insolvency,
    /// The debtor has died.
    Deceased,
    /// The debtor has closed its business.
    BusinessClosed,
    /// The claim is barred by lapse of time.
    Limitation,
    /// Fraud.
    Fraud,
    /// The rest after a settlement that was agreed for less.
    Settlement,
    /// Collecting it would cost more than it is worth.
    CostExceedsValue,
}

impl BadDebtReason {
    const ALL: [BadDebtReason; 8] = [
        BadDebtReason::Uncollectible,
        BadDebtReason::Insolvency,
        BadDebtReason::Deceased,
        BadDebtReason::BusinessClosed,
        BadDebtReason::Limitation,
        BadDebtReason::Fraud,
        BadDebtReason::Settlement,
        BadDebtReason::CostExceedsValue,
    ];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            BadDebtReason::Uncollectible => "uncollectible",
            BadDebtReason::Insolvency => "insolvency",
            BadDebtReason::Deceased => "deceased",
            BadDebtReason::BusinessClosed => "business_closed",
            BadDebtReason::Limitation => "limitation",
            BadDebtReason::Fraud => "fraud",
            BadDebtReason::Settlement => "settlement",
            BadDebtReason::CostExceedsValue => "cost_exceeds_value",
        }
    }

    /// The reason with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<BadDebtReason> {
        BadDebtReason::ALL.into_iter().find(|reason| reason.label() == label)
    }
}

/// What of an item was written off as a bad debt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadDebt {
    /// Its id.
    pub id: BadDebtId,
    /// The item.
    pub item: ItemId,
    /// The debtor.
    pub customer: CustomerId,
    /// Why.
    pub reason: BadDebtReason,
    /// For the record. May be empty.
    pub note: String,
    /// What was written off. Positive.
    pub amount: Money,
    /// What of it was recovered.
    pub recovered: Money,
    /// The effective date of the write-off.
    pub effective_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// What is to be written off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteOffRequest {
    /// The id of the bad debt.
    pub id: BadDebtId,
    /// How much; `None` for all that is open.
    pub amount: Option<Money>,
    /// Why.
    pub reason: BadDebtReason,
    /// Its date.
    pub dated_on: NaiveDate,
}

impl BadDebt {
    /// Writes off what is open of an item, or a part of it. The note is the recording's reason.
    ///
    /// # Errors
    /// `NothingOpen`, `WriteOffExceedsOpen`, `EffectiveInFuture`, `Money`.
    pub(crate) fn write_off(
        item: OpenItem,
        request: WriteOffRequest,
        recording: &Recording,
    ) -> Result<(BadDebt, OpenItem, Vec<Entry>), Refusal> {
        let WriteOffRequest { id, amount, reason, dated_on } = request;
        let open = item.open();
        let amount = amount.unwrap_or(open);
        if open.is_zero() {
            return Err(Refusal::NothingOpen);
        }
        if amount.compare(open)?.is_gt() {
            return Err(Refusal::WriteOffExceedsOpen { open });
        }
        recording.open_days.check_entry(dated_on)?;
        let (item, entries) =
            item.moved([(EntryKind::BadDebt, amount.negated())], dated_on, recording).map_err(|bad| match bad {
                BadAmounts::Money(error) => Refusal::Money(error),
                BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::WriteOffExceedsOpen { open },
            })?;
        let bad_debt = BadDebt {
            id,
            item: item.id,
            customer: item.customer,
            reason,
            note: recording.reason.clone(),
            amount,
            recovered: Money::zero(amount.currency()),
            effective_on: entries.first().map_or(dated_on, |entry| entry.effective_on),
            recorded_at: recording.at,
        };
        Ok((bad_debt, item, entries))
    }

    /// Recovers what is not recovered yet, or a part of it: the item is open again by that amount.
    ///
    /// # Errors
    /// `RecoveryExceedsBadDebt`, `RecoveredBeforeWrittenOff`, `EffectiveInFuture`, `Money`.
    pub(crate) fn recover(
        self,
        item: OpenItem,
        amount: Option<Money>,
        dated_on: NaiveDate,
        recording: &Recording,
    ) -> Result<(BadDebt, OpenItem, Vec<Entry>), Refusal> {
        let left = self.amount.checked_sub(self.recovered)?;
        let amount = amount.unwrap_or(left);
        if amount.compare(left)?.is_gt() || !amount.is_positive() {
            return Err(Refusal::RecoveryExceedsBadDebt { left });
        }
        if dated_on < self.effective_on {
            return Err(Refusal::RecoveredBeforeWrittenOff { written_off_on: self.effective_on });
        }
        recording.open_days.check_entry(dated_on)?;
        let (item, entries) =
            item.moved([(EntryKind::Recovery, amount)], dated_on, recording).map_err(|bad| match bad {
                BadAmounts::Money(error) => Refusal::Money(error),
                BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::RecoveryExceedsBadDebt { left },
            })?;
        Ok((BadDebt { recovered: self.recovered.checked_add(amount)?, ..self }, item, entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::{because, day, eur, now, open_item, recording};

    fn write_off(item: &OpenItem, amount: Option<&str>, on: &str) -> Result<(BadDebt, OpenItem, Vec<Entry>), Refusal> {
        let request = WriteOffRequest {
            id: BadDebtId::at(now()),
            amount: amount.map(eur),
            reason: BadDebtReason::Insolvency,
            dated_on: day(on),
        };
        BadDebt::write_off(item.clone(), request, &because("The estate has nothing."))
    }

    #[test]
    fn labels_round_trip() {
        for reason in BadDebtReason::ALL {
            assert_eq!(BadDebtReason::parse(reason.label()), Some(reason));
        }
    }

    #[test]
    fn what_is_open_is_written_off_and_recovered() {
        let item = open_item("100.00", "net 30", "2026-03-02");
        let (part, item, entries) = write_off(&item, Some("40.00"), "2026-06-01").unwrap();
        assert_eq!(
            (part.amount, part.note.as_str(), item.open()),
            (eur("40.00"), "The estate has nothing.", eur("60.00"))
        );
        assert_eq!((entries[0].kind, entries[0].amount), (EntryKind::BadDebt, eur("-40.00")));
        let (rest, item, _) = write_off(&item, None, "2026-06-02").unwrap();
        assert_eq!((rest.amount, item.open(), item.amounts.bad_debt()), (eur("60.00"), eur("0.00"), eur("100.00")));
        let (rest, item, entries) = rest.recover(item, Some(eur("10.00")), day("2026-06-03"), &recording()).unwrap();
        assert_eq!((rest.recovered, item.open(), item.amounts.bad_debt()), (eur("10.00"), eur("10.00"), eur("90.00")));
        assert_eq!((entries[0].kind, entries[0].amount), (EntryKind::Recovery, eur("10.00")));
        let (rest, item, _) = rest.recover(item, None, day("2026-06-03"), &recording()).unwrap();
        assert_eq!((rest.recovered, item.open()), (eur("60.00"), eur("60.00")));
        let nothing = rest.recover(item, None, day("2026-06-03"), &recording());
        assert_eq!(nothing.unwrap_err(), Refusal::RecoveryExceedsBadDebt { left: eur("0.00") });
    }

    #[test]
    fn bad_debts_have_their_day_and_their_limit() {
        let item = open_item("100.00", "net 30", "2026-03-02");
        assert_eq!(write_off(&item, Some("100.01"), "2026-06-01").unwrap_err().reason(), "WRITE_OFF_EXCEEDS_OPEN");
        assert_eq!(write_off(&item, None, "2027-01-01").unwrap_err().reason(), "EFFECTIVE_IN_FUTURE");
        let (debt, item, _) = write_off(&item, None, "2026-06-01").unwrap();
        assert_eq!(write_off(&item, None, "2026-06-01").unwrap_err(), Refusal::NothingOpen);
        let recover = |amount: &str, on| {
            debt.clone().recover(item.clone(), Some(eur(amount)), day(on), &recording()).unwrap_err().reason()
        };
        assert_eq!(recover("100.01", "2026-06-01"), "RECOVERY_EXCEEDS_BAD_DEBT");
        assert_eq!(recover("1.00", "2026-05-31"), "RECOVERED_BEFORE_WRITTEN_OFF");
        assert_eq!(recover("1.00", "2027-01-01"), "EFFECTIVE_IN_FUTURE");
    }
}
