use proptest::prelude::*;
use quittance_kernel::{Currency, ProfileId};

use super::*;
use crate::domain::profile::NewProfile;

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn profile(limit: i64) -> CreditProfile {
    let new = NewProfile { customer: CustomerId::at(START), limit: eur(limit), note: String::new() };
    CreditProfile::create(ProfileId::at(START), new, eur(0), START).unwrap()
}

fn after(seconds: i64) -> DateTime<Utc> {
    START + TimeDelta::seconds(seconds)
}

fn order(profile: &CreditProfile, minor: i64) -> Order {
    Order { customer: profile.customer, amount: eur(minor), reference: "PO-1".to_owned(), ttl_seconds: 60 }
}

fn reserve(profile: CreditProfile, minor: i64) -> Result<(CreditProfile, Reservation), Refusal> {
    let order = order(&profile, minor);
    authorize(profile, ReservationId::at(START), order, START)
}

/// Whether its amount is part of what the profile has reserved: that of an overdue reservation is, until it is expired.
fn is_reserved(reservation: &Reservation) -> bool {
    matches!(reservation.state, State::Active { .. } | State::Confirmed)
}

fn reason<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    result.unwrap_err().reason()
}

#[test]
fn orders_are_authorised_up_to_the_limit() {
    let (profile, reservation) = reserve(profile(100), 60).unwrap();
    assert_eq!(reservation.state, State::Active { expires_at: after(60) });
    let refusal = reserve(profile.clone(), 41).unwrap_err();
    assert_eq!(refusal, Refusal::CreditLimitExceeded { amount: eur(41), available: eur(40) });
    assert_eq!(refusal.reason(), "CREDIT_LIMIT_EXCEEDED");
    let (profile, _) = reserve(profile, 40).unwrap();
    assert_eq!((profile.reserved, profile.available()), (eur(100), Ok(eur(0))));
}

#[test]
fn exposure_leaves_less_for_orders() {
    let profile = profile(100).expose(eur(80)).unwrap();
    assert_eq!(reason(reserve(profile.clone(), 21)), "CREDIT_LIMIT_EXCEEDED");
    assert!(reserve(profile.expose(eur(-1)).unwrap(), 21).is_ok());
}

#[test]
fn orders_that_make_no_sense_are_refused() {
    let profile = profile(100);
    let refused = |order| reason(authorize(profile.clone(), ReservationId::at(START), order, START));
    assert_eq!(refused(order(&profile, 0)), "AMOUNT_NOT_POSITIVE");
    for ttl_seconds in [0, MAX_TTL_SECONDS + 1] {
        assert_eq!(refused(Order { ttl_seconds, ..order(&profile, 1) }), "TTL_OUT_OF_RANGE");
    }
    let dollar = Money::from_minor(1, Currency::USD);
    assert_eq!(refused(Order { amount: dollar, ..order(&profile, 1) }), "CURRENCY_MISMATCH");
    let other = Order { customer: CustomerId::at(START), ..order(&profile, 1) };
    assert_eq!(refused(other), "RESERVATION_OF_OTHER_CUSTOMER");
}

#[test]
fn a_reservation_is_confirmed_until_it_is_overdue() {
    let (_, reservation) = reserve(profile(100), 60).unwrap();
    let confirmed = reservation.clone().confirm(after(59)).unwrap();
    assert_eq!(confirmed.state, State::Confirmed);
    assert_eq!(confirmed.clone().confirm(after(99)), Ok(confirmed));
    assert_eq!(reason(reservation.confirm(after(60))), "RESERVATION_NOT_ACTIVE");
}

#[test]
fn an_overdue_reservation_expires() {
    let (profile, reservation) = reserve(profile(100), 60).unwrap();
    assert_eq!(reason(reservation.clone().expire(profile.clone(), after(59))), "RESERVATION_NOT_DUE");
    let confirmed = reservation.clone().confirm(START).unwrap();
    assert_eq!(reason(confirmed.expire(profile.clone(), after(99))), "RESERVATION_NOT_ACTIVE");
    let (profile, expired) = reservation.expire(profile, after(60)).unwrap();
    assert_eq!((profile.reserved, expired.state), (eur(0), State::Expired));
    assert_eq!(reason(expired.release(profile)), "RESERVATION_NOT_ACTIVE");
}

#[test]
fn a_released_reservation_frees_its_credit_once() {
    let (profile, reservation) = reserve(profile(100), 60).unwrap();
    let (profile, released) = reservation.confirm(START).unwrap().release(profile).unwrap();
    assert_eq!((profile.reserved, released.state), (eur(0), State::Released));
    assert_eq!(released.clone().release(profile.clone()), Ok((profile, released.clone())));
    assert_eq!(reason(released.confirm(START)), "RESERVATION_NOT_ACTIVE");
}

#[test]
fn an_invoice_ends_the_reservation() {
    let (profile, reservation) = reserve(profile(100), 60).unwrap();
    let invoice = InvoiceId::at(START);
    let confirmed = reservation.clone().confirm(START).unwrap();
    for reserved in [reservation.clone(), confirmed] {
        let (free, invoiced) = reserved.invoiced(profile.clone(), invoice).unwrap();
        assert_eq!((free.reserved, invoiced.state), (eur(0), State::Invoiced { invoice }));
        assert_eq!(invoiced.clone().invoiced(free.clone(), invoice), Ok((free.clone(), invoiced.clone())));
        assert_eq!(reason(invoiced.clone().invoiced(free.clone(), InvoiceId::at(START))), "RESERVATION_INVOICED");
        assert_eq!(reason(invoiced.release(free)), "RESERVATION_NOT_ACTIVE");
    }
    let (free, released) = reservation.clone().release(profile.clone()).unwrap();
    let (still_free, invoiced) = released.invoiced(free, invoice).unwrap();
    assert_eq!((still_free.reserved, invoiced.state), (eur(0), State::Invoiced { invoice }));
    let (free, expired) = reservation.expire(profile, after(60)).unwrap();
    assert_eq!(expired.invoiced(free, invoice).unwrap().0.reserved, eur(0));
}

#[test]
fn states_round_trip_through_their_parts() {
    let (expires_at, invoice) = (after(60), InvoiceId::at(START));
    for state in
        [State::Active { expires_at }, State::Confirmed, State::Released, State::Expired, State::Invoiced { invoice }]
    {
        assert_eq!(State::parse(state.label(), state.expires_at(), state.invoice()), Some(state));
    }
    for label in ["active", "invoiced", "unknown"] {
        assert_eq!(State::parse(label, None, None), None, "{label}");
    }
}

proptest! {
    /// Whatever happens in whatever order: what is reserved is the sum of the reservations, and no order exceeds the limit.
    #[test]
    fn reservations_and_open_items_never_exceed_the_limit_together(
        limit in 0i64..500,
        steps in prop::collection::vec((0u8..9, 0usize..8, 1i64..200, 0i64..30), 0..80),
    ) {
        let mut profile = profile(limit);
        let mut reservations: Vec<Reservation> = Vec::new();
        let mut seconds = 0;
        for (verb, which, minor, passed) in steps {
            seconds += passed;
            let now = after(seconds);
            let before = profile.clone();
            let chosen = reservations.get(which % reservations.len().max(1)).cloned();
            let done = match (verb, chosen) {
                (0..=2, _) | (_, None) => {
                    let done = authorize(before.clone(), ReservationId::at(now), order(&before, minor), now);
                    if let Ok((after, _)) = &done {
                        prop_assert!(!after.available().unwrap().is_negative());
                    } else {
                        prop_assert!(before.shortfall(eur(minor)).unwrap().is_positive());
                    }
                    done
                }
                (3, Some(reservation)) => reservation.confirm(now).map(|confirmed| (before, confirmed)),
                (4, Some(reservation)) => reservation.release(before),
                (5, Some(reservation)) => reservation.expire(before, now),
                (6, Some(reservation)) => {
                    let was_reserved = is_reserved(&reservation);
                    let amount = reservation.amount;
                    reservation.invoiced(before, InvoiceId::at(now)).map(|(after, invoiced)| {
                        (if was_reserved { after.expose(amount).unwrap() } else { after }, invoiced)
                    })
                }
                (7, Some(reservation)) => Ok((before.expose(eur(-minor)).unwrap(), reservation)),
                (_, Some(reservation)) => Ok((before.expose(eur(minor)).unwrap(), reservation)),
            };
            if let Ok((after, reservation)) = done {
                profile = after;
                reservations.retain(|kept| kept.id != reservation.id);
                reservations.push(reservation);
            }
            let reserved = reservations.iter().filter(|kept| is_reserved(kept)).map(|kept| kept.amount);
            prop_assert_eq!(profile.reserved, Money::sum(Currency::EUR, reserved).unwrap());
        }
    }
}
