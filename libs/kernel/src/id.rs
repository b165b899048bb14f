//! The registry of typed ids. An id of one kind cannot be passed for another.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use uuid::timestamp::context::ContextV7;
use uuid::{ClockSequence, Timestamp, Uuid};

/// The text is not an id: ids are non-nil UUIDs in their hyphenated form of 36 characters (RFC 9562).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID in the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, and not all zeros")]
pub struct BadId;

impl BadId {
    /// The machine-readable reason.
    pub fn reason(&self) -> &'static str {
        "ID_MALFORMED"
    }
}

const HYPHENATED_LENGTH: usize = 36;
const COUNTER_BITS: u8 = 42;

/// The number of counter slots, one per millisecond. A power of two.
const SLOTS: usize = 4_096;

/// The newest millisecond of the slot.
#[derive(Debug)]
struct Slot {
    millisecond: Option<u64>,
    /// The counter of the next id.
    count: u64,
}

/// Counts the ids of each millisecond from a random start, so that two ids do not reveal how many were created between them. Milliseconds that are 4,096 apart
/// share a slot: the newer one begins at random below 2^41, which leaves room for two million million ids; an older one that recurs continues with the newer
/// one's counter, and its ids stay unique.
static COUNTERS: [Mutex<Slot>; SLOTS] = [const { Mutex::new(Slot { millisecond: None, count: 0 }) }; SLOTS];

/// The next count of a millisecond.
fn count_in(millisecond: u64) -> u64 {
    let index = usize::try_from(millisecond % SLOTS as u64).unwrap_or(0);
    let mut slot = COUNTERS[index].lock().unwrap_or_else(PoisonError::into_inner);
    if slot.millisecond < Some(millisecond) {
        *slot = Slot { millisecond: Some(millisecond), count: ContextV7::new().generate_sequence(1, 0) };
    }
    let count = slot.count & ((1 << COUNTER_BITS) - 1);
    slot.count = slot.count.wrapping_add(1);
    count
}

/// A UUID of version 7 with the milliseconds of `now`, the millisecond's counter, and random bits in the rest. Instants
/// before 1970 count as 1970.
fn uuid_at(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let nanos = now.timestamp_subsec_nanos();
    let count = count_in(seconds * 1_000 + u64::from(nanos / 1_000_000));
    Uuid::new_v7(Timestamp::from_unix_time(seconds, nanos, count.into(), COUNTER_BITS))
}

fn parse_uuid(text: &str) -> Result<Uuid, BadId> {
    if text.len() != HYPHENATED_LENGTH {
        return Err(BadId);
    }
    match Uuid::try_parse(text) {
        Ok(uuid) if !uuid.is_nil() => Ok(uuid),
        Ok(_) | Err(_) => Err(BadId),
    }
}

/// Defines an id type for each name.
macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident,)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, a UUID of version 7, of the given instant. Ids created by this process for the same millisecond are
            /// unique; those of the last four seconds before its newest instant also increase.
            pub fn at(now: DateTime<Utc>) -> Self {
                Self(uuid_at(now))
            }

            /// The id with the given value, for a stored one.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The value, for storing it.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Reads the hyphenated form, in lower or upper case.
            ///
            /// # Errors
            /// [`BadId`] if the text has another form, or is the nil UUID.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                parse_uuid(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::parse(text)
            }
        }
    )+};
}

ids! {
    /// A tenant: one seller and its receivables.
    TenantId,
    /// A customer of a tenant.
    CustomerId,
    /// A person or mailbox at a customer.
    ContactId,
    /// A kind of payment terms a tenant offers.
    TermsId,
    /// A numbering series for documents.
    SeriesId,
    /// A call that waits for a second person.
    ApprovalId,
    /// A policy of a tenant.
    PolicyId,
    /// An accounting period.
    PeriodId,
    /// An extension of a due date.
    ExtensionId,
    /// An invoice.
    InvoiceId,
    /// A credit note.
    CreditNoteId,
    /// A credit of a customer: what a credit note is worth.
    CreditId,
    /// A bad debt: what of an open item was written off.
    BadDebtId,
    /// An open item: what is still to be settled on a document.
    ItemId,
    /// An entry of the receivables ledger: one movement of an open item or a credit.
    EntryId,
    /// One delivery of a document to a customer.
    DeliveryId,
    /// The reversal of an earlier entry.
    ReversalId,
    /// A payment received.
    PaymentId,
    /// One allocation of a payment to an open item.
    AllocationId,
    /// One import of a file, such as a bank statement.
    ImportId,
    /// A customer's credit profile.
    ProfileId,
    /// A reservation of credit.
    ReservationId,
    /// A dunning strategy.
    StrategyId,
    /// A reminder sent or to be sent.
    ReminderId,
    /// A dispute about an open item.
    DisputeId,
    /// One run of a batch job.
    RunId,
    /// An event published to other services.
    EventId,
    /// A caller's request; the idempotency key.
    RequestId,
    /// An address to which events are sent.
    WebhookId,
}

/// An invoice's open item carries the invoice's id: each invoice has exactly one, and needs no lookup to find it.
impl From<InvoiceId> for ItemId {
    fn from(invoice: InvoiceId) -> Self {
        Self(invoice.0)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_carry_the_given_time_and_increase_within_a_millisecond() {
        let late = DateTime::from_timestamp_millis(1_900_000_000_123).unwrap();
        let early = late - TimeDelta::days(4000);
        let mut last = None;
        for _ in 0..1000 {
            // A later instant in between must not leak into the next id of the earlier one.
            InvoiceId::at(late);
            let id = InvoiceId::at(early);
            let (seconds, nanos) = id.uuid().get_timestamp().unwrap().to_unix();
            assert_eq!((i64::try_from(seconds).unwrap(), nanos), (early.timestamp(), 123_000_000));
            assert_eq!(id.uuid().get_version_num(), 7);
            assert!(last < Some(id));
            last = Some(id);
        }
    }

    /// The 42 bits of the counter: twelve behind the version, thirty behind the variant.
    fn counter(id: EventId) -> u64 {
        let value = id.uuid().as_u128();
        let bits = (value >> 64 & 0xfff) << 30 | value >> 32 & 0x3fff_ffff;
        u64::try_from(bits).unwrap()
    }

    #[test]
    fn ids_of_two_milliseconds_do_not_tell_how_many_were_made_between_them() {
        let first = DateTime::from_timestamp_millis(1_700_000_000_000).unwrap();
        let steps: Vec<u64> = (1..=64)
            .map(|ms| {
                let before = counter(EventId::at(first + TimeDelta::milliseconds(ms - 1)));
                counter(EventId::at(first + TimeDelta::milliseconds(ms))).abs_diff(before)
            })
            .collect();
        // Starts are drawn from 2^41: that two of 64 pairs are closer than a million happens in one of a hundred million runs.
        assert!(steps.iter().filter(|step| **step < 1_000_000).count() < 2, "{steps:?}");
    }

    #[test]
    fn ids_of_one_millisecond_increase_while_others_of_the_last_seconds_are_made() {
        let now = DateTime::from_timestamp_millis(1_600_000_000_000).unwrap();
        let mut last = EventId::at(now);
        for ms in 1..i64::try_from(SLOTS).unwrap() {
            EventId::at(now + TimeDelta::milliseconds(ms));
            let next = EventId::at(now);
            assert!(last < next);
            last = next;
        }
    }

    #[test]
    fn an_instant_whose_counter_is_gone_still_makes_unique_ids() {
        let now = DateTime::from_timestamp_millis(1_500_000_000_000).unwrap();
        let later = now + TimeDelta::milliseconds(i64::try_from(SLOTS).unwrap());
        let mut ids = std::collections::HashSet::new();
        for _ in 0..1_000 {
            assert!(ids.insert(EventId::at(now)) && ids.insert(EventId::at(later)));
        }
    }

    #[test]
    fn instants_out_of_range_still_make_ids() {
        assert_ne!(EventId::at(DateTime::<Utc>::MIN_UTC), EventId::at(DateTime::<Utc>::MIN_UTC));
        assert_ne!(EventId::at(DateTime::<Utc>::MAX_UTC), EventId::at(DateTime::<Utc>::MAX_UTC));
    }

    #[test]
    fn only_the_hyphenated_form_is_read() {
        let text = "7d4f0a53-2a0e-4c39-9d0b-0f0f9b6a5c11";
        let id = PaymentId::parse(text).unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(id));
        for bad in [
            "",
            "7d4f0a532a0e4c399d0b0f0f9b6a5c11",
            "{7d4f0a53-2a0e-4c39-9d0b-0f0f9b6a5c11}",
            "urn:uuid:7d4f0a53-2a0e-4c39-9d0b-0f0f9b6a5c11",
            "7d4f0a53-2a0e-4c39-9d0b-0f0f9b6a5c1g",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(PaymentId::parse(bad), Err(BadId), "{bad}");
        }
    }

    #[test]
    fn an_invoices_item_has_the_invoices_id() {
        let invoice = InvoiceId::at(DateTime::UNIX_EPOCH);
        assert_eq!(ItemId::from(invoice).uuid(), invoice.uuid());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in any::<String>()) {
            let _ = InvoiceId::parse(&text);
        }

        #[test]
        fn text_round_trips(value in 1..=u128::MAX) {
            let id = InvoiceId::new(Uuid::from_u128(value));
            prop_assert_eq!(InvoiceId::parse(&id.to_string()), Ok(id));
        }
    }
}
