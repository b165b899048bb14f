//! Credits of customers: what a credit note is worth, and what it was used for.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_kernel::{Actor, CreditId, CreditNoteId, CustomerId, EntryId, ItemId, Money, RequestId};

use super::amounts::BadAmounts;
use super::entry::{Entry, EntryKind, Recording};
use super::open_item::OpenItem;
use super::refusal::Refusal;
use super::timeline::Timeline;

/// The kind of a credit's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CreditEntryKind {
    /// The credit note was issued.
    Issued,
    /// Applied to an item.
    Applied,
    /// The reversal of an application.
    ApplicationReversal,
    /// Written off.
    WrittenOff,
    /// The reversal of a write-off.
    WriteOffReversal,
}

impl CreditEntryKind {
    const ALL: [CreditEntryKind; 5] = [
        CreditEntryKind::Issued,
        CreditEntryKind::Applied,
        CreditEntryKind::ApplicationReversal,
        CreditEntryKind::WrittenOff,
        CreditEntryKind::WriteOffReversal,
    ];

    /// The name in storage.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            CreditEntryKind::Issued => "issued",
            CreditEntryKind::Applied => "applied",
            CreditEntryKind::ApplicationReversal => "application_reversal",
            CreditEntryKind::WrittenOff => "written_off",
            CreditEntryKind::WriteOffReversal => "write_off_reversal",
        }
    }

    /// The kind with this label, if there is one.
    pub(crate) fn parse(label: &str) -> Option<CreditEntryKind> {
        CreditEntryKind::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// The kind that reverses it, if it can be reversed.
    const fn reversal(self) -> Option<CreditEntryKind> {
        match self {
            CreditEntryKind::Applied => Some(CreditEntryKind::ApplicationReversal),
            CreditEntryKind::WrittenOff => Some(CreditEntryKind::WriteOffReversal),
            CreditEntryKind::Issued | CreditEntryKind::ApplicationReversal | CreditEntryKind::WriteOffReversal => None,
        }
    }
}

/// A movement of a credit. Entries are insert-only; the sum of a credit's entries is what remains of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreditEntry {
    /// Its id.
    pub id: EntryId,
    /// The credit.
    pub credit: CreditId,
    /// The customer.
    pub customer: CustomerId,
    /// Its kind.
    pub kind: CreditEntryKind,
    /// The amount; positive increases what remains.
    pub amount: Money,
    /// The item that it is applied to; `None` for an issue or a write-off.
    pub item: Option<ItemId>,
    /// The entry that it reverses.
    pub reverses: Option<EntryId>,
    /// The effective date: it counts from then on.
    pub effective_on: NaiveDate,
    /// The date of what caused it, which is not after the effective date.
    pub dated_on: NaiveDate,
    /// The recorded time.
    pub recorded_at: DateTime<Utc>,
    /// Who caused it; `None` if recorded before this was kept.
    pub actor: Option<Actor>,
    /// The request of the call.
    pub request: Option<RequestId>,
    /// Why. May be empty.
    pub reason: String,
}

/// The amount of a credit and its used parts: amount = remaining + applied + written off, and none of them is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CreditAmounts {
    amount: Money,
    applied: Money,
    written_off: Money,
    remaining: Money,
}

impl CreditAmounts {
    /// An amount and its used parts.
    ///
    /// # Errors
    /// [`BadAmounts`] if these are not parts of the amount.
    pub(crate) fn new(amount: Money, applied: Money, written_off: Money) -> Result<CreditAmounts, BadAmounts> {
        let remaining = amount.checked_sub(applied)?.checked_sub(written_off)?;
        if [amount, applied, written_off].iter().any(|part| part.is_negative()) {
            Err(BadAmounts::Negative)
        } else if remaining.is_negative() {
            Err(BadAmounts::ExceedTotal)
        } else {
            Ok(CreditAmounts { amount, applied, written_off, remaining })
        }
    }

    /// The total of the credit note.
    pub(crate) const fn amount(&self) -> Money {
        self.amount
    }

    /// What is neither applied nor written off.
    pub(crate) const fn remaining(&self) -> Money {
        self.remaining
    }

    /// Applied to items, less what was reversed.
    pub(crate) const fn applied(&self) -> Money {
        self.applied
    }

    /// Written off, less what was reversed.
    pub(crate) const fn written_off(&self) -> Money {
        self.written_off
    }

    /// The amounts after this movement of what remains.
    fn after(self, kind: CreditEntryKind, moved: Money) -> Result<CreditAmounts, BadAmounts> {
        let CreditAmounts { amount, applied, written_off, .. } = self;
        match kind {
            CreditEntryKind::Issued => Self::new(amount.checked_add(moved)?, applied, written_off),
            CreditEntryKind::Applied | CreditEntryKind::ApplicationReversal => {
                Self::new(amount, applied.checked_sub(moved)?, written_off)
            }
            CreditEntryKind::WrittenOff | CreditEntryKind::WriteOffReversal => {
                Self::new(amount, applied, written_off.checked_sub(moved)?)
            }
        }
    }
}

/// What a credit note is worth. What remains of it is on account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CustomerCredit {
    /// Its id: that of the credit note.
    pub id: CreditId,
    /// The customer.
    pub customer: CustomerId,
    /// The number of the credit note.
    pub number: String,
    /// Its issue date.
    pub issued_on: NaiveDate,
    /// The amount and its parts.
    pub amounts: CreditAmounts,
    /// What has remained of it on each date.
    pub timeline: Timeline,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What a use of a credit, or its reversal, leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreditUse {
    /// The credit after it.
    pub credit: CustomerCredit,
    /// Its entry.
    pub entry: CreditEntry,
    /// The item after it, and its entry; `None` for a write-off.
    pub item: Option<(OpenItem, Entry)>,
}

/// The credit note that opened a credit, which has its id.
pub(crate) const fn note_of(credit: CreditId) -> CreditNoteId {
    CreditNoteId::new(credit.uuid())
}

impl CustomerCredit {
    /// What remains of it.
    pub(crate) const fn remaining(&self) -> Money {
        self.amounts.remaining()
    }

    /// The credit that a credit note opens, and its first entry.
    ///
    /// # Errors
    /// `Money`, if the total is not one of a credit note.
    pub(super) fn issue(
        note: CreditNoteId,
        number: &str,
        customer: CustomerId,
        total: Money,
        issued_on: NaiveDate,
        recording: &Recording,
    ) -> Result<(CustomerCredit, CreditEntry), Refusal> {
        let nothing = Money::zero(total.currency());
        let opened = CustomerCredit {
            id: CreditId::new(note.uuid()),
            customer,
            number: number.to_owned(),
            issued_on,
            amounts: CreditAmounts { amount: nothing, applied: nothing, written_off: nothing, remaining: nothing },
            timeline: Timeline::new(Vec::new()),
            updated_at: recording.at,
        };
        opened.moved(CreditEntryKind::Issued, total, issued_on, recording)
    }

    /// Applies an amount of what remains to an item.
    ///
    /// # Errors
    /// `ItemOfOtherCustomer`, `Money` (another currency), `CreditUsedUp`, `CreditExceedsRemaining`, `NothingOpen`, `CreditExceedsOpen`, `EffectiveInFuture`,
    /// `EffectiveBeforeCredit`.
    pub(crate) fn apply(
        self,
        item: OpenItem,
        amount: Option<Money>,
        dated_on: NaiveDate,
        recording: &Recording,
    ) -> Result<CreditUse, Refusal> {
        if item.customer != self.customer {
            return Err(Refusal::ItemOfOtherCustomer);
        }
        let open = item.open();
        let reach = open.min(self.remaining())?;
        if open.is_zero() {
            return Err(Refusal::NothingOpen);
        }
        let amount = amount.unwrap_or(reach);
        if amount.compare(open)?.is_gt() {
            return Err(Refusal::CreditExceedsOpen { credit: amount, open });
        }
        let from = self.check_use(amount, dated_on, recording)?;
        let taken = amount.negated();
        // Both count from the first date on which both have it.
        let (item, entry) = item.credited(EntryKind::Credit, taken, (dated_on, from), recording)?;
        let (credit, moved) = self.moved(CreditEntryKind::Applied, taken, entry.effective_on, recording)?;
        let moved = CreditEntry { item: Some(item.id), dated_on, ..moved };
        Ok(CreditUse { credit, entry: moved, item: Some((item, entry)) })
    }

    /// Writes off what remains, or a part of it.
    ///
    /// # Errors
    /// `Money` (another currency), `CreditUsedUp`, `CreditExceedsRemaining`, `EffectiveInFuture`, `EffectiveBeforeCredit`.
    pub(crate) fn write_off(
        self,
        amount: Option<Money>,
        dated_on: NaiveDate,
        recording: &Recording,
    ) -> Result<CreditUse, Refusal> {
        let amount = amount.unwrap_or(self.remaining());
        self.check_use(amount, dated_on, recording)?;
        let (credit, entry) = self.moved(CreditEntryKind::WrittenOff, amount.negated(), dated_on, recording)?;
        Ok(CreditUse { credit, entry, item: None })
    }

    /// Reverses an application to this item, or a write-off, in full. The caller checks that it was not reversed before.
    ///
    /// # Errors
    /// `CreditEntryNotReversible`, `EffectiveInFuture`, `ReversedBeforeEffective`.
    pub(crate) fn reverse(
        self,
        reversed: &CreditEntry,
        item: Option<OpenItem>,
        dated_on: NaiveDate,
        recording: &Recording,
    ) -> Result<CreditUse, Refusal> {
        let kind = reversed.kind.reversal().ok_or(Refusal::CreditEntryNotReversible)?;
        recording.open_days.check_entry(dated_on)?;
        if dated_on < reversed.effective_on {
            return Err(Refusal::ReversedBeforeEffective { effective_on: reversed.effective_on });
        }
        let amount = reversed.amount.negated();
        let after = self.amounts.after(kind, amount).map_err(|_| Refusal::CreditEntryNotReversible)?;
        let from = self.timeline.counts_from(dated_on, after.remaining(), after.amount())?;
        let item = match item {
            Some(item) => Some(item.credited(EntryKind::CreditReversal, amount, (dated_on, from), recording)?),
            None => None,
        };
        let from = item.as_ref().map_or(from, |(_, entry)| entry.effective_on);
        let (credit, moved) = self.moved(kind, amount, from, recording)?;
        let entry = CreditEntry { item: reversed.item, reverses: Some(reversed.id), dated_on, ..moved };
        Ok(CreditUse { credit, entry, item })
    }

    /// Fails unless this amount remains on the date, or later; returns from when it does.
    fn check_use(&self, amount: Money, dated_on: NaiveDate, recording: &Recording) -> Result<NaiveDate, Refusal> {
        let remaining = self.remaining();
        let exceeds = amount.compare(remaining)?.is_gt();
        if remaining.is_zero() {
            return Err(Refusal::CreditUsedUp);
        }
        if exceeds {
            return Err(Refusal::CreditExceedsRemaining { remaining });
        }
        recording.open_days.check_entry(dated_on)?;
        if dated_on < self.issued_on {
            return Err(Refusal::EffectiveBeforeCredit { issued_on: self.issued_on });
        }
        Ok(self.timeline.counts_from(dated_on, remaining.checked_sub(amount)?, self.amounts.amount())?)
    }

    /// The credit after a movement of this date, and its entry, which counts from the first open day from which what remains allows it.
    fn moved(
        self,
        kind: CreditEntryKind,
        amount: Money,
        dated_on: NaiveDate,
        recording: &Recording,
    ) -> Result<(CustomerCredit, CreditEntry), Refusal> {
        let remaining = self.remaining();
        let amounts = self.amounts.after(kind, amount).map_err(|bad| match bad {
            BadAmounts::Money(error) => Refusal::Money(error),
            BadAmounts::Negative | BadAmounts::ExceedTotal => Refusal::CreditExceedsRemaining { remaining },
        })?;
        let from = recording.open_days.first_from(dated_on);
        let effective_on = self.timeline.counts_from(from, amounts.remaining(), amounts.amount())?;
        let mut timeline = self.timeline;
        timeline.add(effective_on, amount)?;
        let entry = CreditEntry {
            id: (recording.new_id)(recording.at),
            credit: self.id,
            customer: self.customer,
            kind,
            amount,
            item: None,
            reverses: None,
            effective_on,
            dated_on,
            recorded_at: recording.at,
            actor: Some(recording.actor.clone()),
            request: recording.request,
            reason: recording.reason.clone(),
        };
        Ok((CustomerCredit { amounts, timeline, updated_at: recording.at, ..self }, entry))
    }
}

/// Applies a credit to these items, as much as each has open, the earliest due first, until nothing remains.
///
/// # Errors
/// `NothingOpen` if none has anything open, and those of [`CustomerCredit::apply`].
pub(crate) fn apply_in_order(
    credit: CustomerCredit,
    items: Vec<OpenItem>,
    dated_on: NaiveDate,
    recording: &Recording,
) -> Result<Vec<CreditUse>, Refusal> {
    let mut items: Vec<OpenItem> = items.into_iter().filter(|item| !item.open().is_zero()).collect();
    if items.is_empty() {
        return Err(Refusal::NothingOpen);
    }
    items.sort_by_key(|item| (item.due_on, item.id));
    apply_each(credit, items.into_iter().map(|item| (item, None)), dated_on, recording)
}

/// Applies a credit to these items, this amount to each, or as much as it has open and the credit has remaining. Once nothing remains, it is applied to no
/// further one of the latter.
///
/// # Errors
/// Those of [`CustomerCredit::apply`].
pub(crate) fn apply_each(
    credit: CustomerCredit,
    items: impl IntoIterator<Item = (OpenItem, Option<Money>)>,
    dated_on: NaiveDate,
    recording: &Recording,
) -> Result<Vec<CreditUse>, Refusal> {
    let mut credit = credit;
    let mut done: Vec<CreditUse> = Vec::new();
    for (item, amount) in items {
        if amount.is_none() && credit.remaining().is_zero() && !done.is_empty() {
            continue;
        }
        let used = credit.apply(item, amount, dated_on, recording)?;
        credit = used.credit.clone();
        done.push(used);
    }
    Ok(done)
}

#[cfg(test)]
#[path = "customer_credit_tests.rs"]
mod tests;
