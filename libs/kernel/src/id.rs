//! The registry of typed ids. An id of one kind cannot be passed where another kind is wanted.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// Counts every id of this process, from a random start below 2^41. One counter for all instants, rather than one that
/// starts anew each millisecond, keeps ids of one millisecond unique and increasing even when callers bring instants in
/// any order, and never shifts the given time. It has room for more than two million million ids.
static COUNTER: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(ContextV7::new().generate_sequence(1, 0)));

/// A UUID of version 7 with the milliseconds of `now`, the process's counter, and random bits in the rest. Instants
/// before 1970 count as 1970.
fn uuid_at(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed) & ((1 << COUNTER_BITS) - 1);
    Uuid::new_v7(Timestamp::from_unix_time(seconds, now.timestamp_subsec_nanos(), count.into(), COUNTER_BITS))
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

/// Makes one id type for each name.
macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident,)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, a UUID of version 7, of the given instant. Ids this process makes for the same millisecond are
            /// unique and increase.
            pub fn at(now: DateTime<Utc>) -> Self {
                Self(uuid_at(now))
            }

            /// The id with the given value, for one that was stored.
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
    /// A tenant: one company that keeps its receivables here.
    TenantId,
    /// A customer of a tenant.
    CustomerId,
    /// A person or mailbox at a customer.
    ContactId,
    /// A kind of payment terms a tenant offers.
    TermsId,
    /// A numbering series for documents.
    SeriesId,
    /// An invoice.
    InvoiceId,
    /// A credit note.
    CreditNoteId,
    /// An open item: what is still to be settled on a document.
    ItemId,
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
    /// An event told to other services.
    EventId,
    /// A caller's request, by which a repetition is recognised.
    RequestId,
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
