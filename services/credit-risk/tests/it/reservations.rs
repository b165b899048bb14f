//! Credit reserved for orders: never more than the limit, and no longer than the time to live.

use chrono::Duration;
use quittance_proto::creditrisk::v1::{self as pb, ReservationState, reservation_result::Result as Entry};
use quittance_testkit::{assert_fault, wait_until};
use tonic::Code;

use crate::support::{Setup, order, seconds, used};

async fn at_once(setup: &Setup, orders: Vec<pb::AuthorizeOrderRequest>) -> (usize, usize) {
    let sent: Vec<_> = orders
        .into_iter()
        .map(|order| {
            let mut client = setup.reservations();
            tokio::spawn(async move { client.authorize_order(order).await })
        })
        .collect();
    let (mut reserved, mut refused) = (0, 0);
    for one in sent {
        match one.await.unwrap() {
            Ok(_) => reserved += 1,
            Err(status) => {
                assert_fault(&status, Code::FailedPrecondition, "CREDIT_LIMIT_EXCEEDED");
                refused += 1;
            }
        }
    }
    (reserved, refused)
}

#[tokio::test]
async fn two_orders_at_once_never_exceed_the_limit_together() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let orders = vec![order(&customer, "A", "60.00"), order(&customer, "B", "60.00")];
    assert_eq!(at_once(&setup, orders).await, (1, 1));
    assert_eq!(used(&setup.profile(&customer).await), ["0.00", "60.00", "40.00"]);
    setup.verify().await;
}

#[tokio::test]
async fn thirty_two_orders_at_once_never_exceed_the_limit_together() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let orders = (0..32).map(|n| order(&customer, &format!("O-{n}"), "9.00")).collect();
    assert_eq!(at_once(&setup, orders).await, (11, 21));
    assert_eq!(used(&setup.profile(&customer).await), ["0.00", "99.00", "1.00"]);
    assert_eq!(setup.events.kinds(12).await[1..], ["CreditReserved"; 11]);
    setup.verify().await;
}

#[tokio::test]
async fn a_refusal_says_what_is_left() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    setup.authorize(&customer, "A", "70.00").await;
    let refused = setup.try_authorize(&customer, "B", "30.01").await.unwrap_err();
    assert_fault(&refused, Code::FailedPrecondition, "CREDIT_LIMIT_EXCEEDED");
    let metadata = quittance_grpc::error_info(&refused).unwrap().metadata;
    assert_eq!((metadata["available"].as_str(), metadata["currency"].as_str()), ("30.00", "EUR"));
    setup.authorize(&customer, "B", "30.00").await;
}

#[tokio::test]
async fn a_batch_is_decided_in_its_order_and_each_entry_alone() {
    let setup = Setup::start().await;
    let (a, b) = (setup.customer_with_limit("100.00").await, setup.customer_with_limit("50.00").await);
    let stranger = setup.customer().await;
    let bad = pb::AuthorizeOrderRequest { time_to_live: seconds(-1), ..order(&a, "bad", "1.00") };
    let twice = order(&a, "A-1", "60.00");
    let requests = vec![
        twice.clone(),
        order(&a, "A-2", "50.00"),
        order(&b, "B-1", "50.00"),
        order(&a, "A-3", "40.00"),
        order(&a, "B-1", "0.01"),
        order(&stranger, "S-1", "1.00"),
        bad,
        twice,
    ];
    let results = setup
        .reservations()
        .batch_authorize_orders(pb::BatchAuthorizeOrdersRequest { requests })
        .await
        .unwrap()
        .into_inner()
        .results;
    let codes: Vec<i32> = results
        .iter()
        .map(|entry| match entry.result.as_ref().unwrap() {
            Entry::Reservation(_) => 0,
            Entry::Error(status) => status.code,
        })
        .collect();
    let (limit, taken, missing, wrong) = (
        Code::FailedPrecondition as i32,
        Code::AlreadyExists as i32,
        Code::NotFound as i32,
        Code::InvalidArgument as i32,
    );
    assert_eq!(codes, [0, limit, 0, 0, taken, missing, wrong, 0]);
    assert_eq!(results[0], results[7]);
    assert_eq!(used(&setup.profile(&a).await), ["0.00", "100.00", "0.00"]);
    assert_eq!(used(&setup.profile(&b).await), ["0.00", "50.00", "0.00"]);
    setup.verify().await;
}

#[tokio::test]
async fn an_order_has_one_reservation() {
    let setup = Setup::start().await;
    let (a, b) = (setup.customer_with_limit("100.00").await, setup.customer_with_limit("100.00").await);
    // Two customers: they share no lock, so the constraint of the database alone decides.
    let mut reserved = 0;
    let sent = [&a, &b].map(|customer| {
        let (mut client, order) = (setup.reservations(), order(customer, "SAME", "10.00"));
        tokio::spawn(async move { client.authorize_order(order).await })
    });
    for one in sent {
        match one.await.unwrap() {
            Ok(_) => reserved += 1,
            Err(status) => {
                assert_fault(&status, Code::AlreadyExists, "ORDER_ALREADY_RESERVED");
                assert_eq!(quittance_grpc::error_info(&status).unwrap().metadata["order_reference"], "SAME");
            }
        }
    }
    assert_eq!(reserved, 1);
    setup.verify().await;
    // What was released may be reserved again.
    let first = setup.authorize(&a, "AGAIN", "10.00").await;
    assert_fault(
        &setup.try_authorize(&a, "AGAIN", "10.00").await.unwrap_err(),
        Code::AlreadyExists,
        "ORDER_ALREADY_RESERVED",
    );
    setup.try_release(&first).await.unwrap();
    setup.authorize(&a, "AGAIN", "10.00").await;
}

#[tokio::test]
async fn the_reconciler_expires_overdue_reservations() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let short = pb::AuthorizeOrderRequest { time_to_live: seconds(60), ..order(&customer, "short", "40.00") };
    let short = setup.reservations().authorize_order(short).await.unwrap().into_inner();
    let kept = setup.authorize(&customer, "kept", "10.00").await;
    setup.try_confirm(&kept).await.unwrap();
    let day = setup.authorize(&customer, "a day", "20.00").await;
    assert_eq!(short.expire_time.unwrap().seconds - short.create_time.unwrap().seconds, 60);
    assert_eq!(day.expire_time.unwrap().seconds - day.create_time.unwrap().seconds, 86_400);

    setup.server.clock.advance(Duration::seconds(60));
    setup.until_used(&customer, ["0.00", "30.00", "70.00"]).await;
    let ended = setup.reservation(&short).await;
    assert_eq!((ended.state(), ended.expire_time), (ReservationState::Expired, None));
    assert_fault(&setup.try_confirm(&short).await.unwrap_err(), Code::FailedPrecondition, "RESERVATION_NOT_ACTIVE");
    assert_fault(&setup.try_release(&short).await.unwrap_err(), Code::FailedPrecondition, "RESERVATION_NOT_ACTIVE");

    setup.server.clock.advance(Duration::days(100));
    setup.until_used(&customer, ["0.00", "10.00", "90.00"]).await;
    assert_eq!(setup.reservation(&kept).await.state(), ReservationState::Confirmed);
    let kinds = setup.events.kinds(7).await;
    assert_eq!(kinds[5..], ["ReservationExpired", "ReservationExpired"]);
    setup.verify().await;
}

#[tokio::test]
async fn more_than_a_batch_expires_in_one_round() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("1000.00").await;
    let requests = (0..450)
        .map(|n| pb::AuthorizeOrderRequest { time_to_live: seconds(1), ..order(&customer, &format!("O-{n}"), "1.00") })
        .collect();
    setup.reservations().batch_authorize_orders(pb::BatchAuthorizeOrdersRequest { requests }).await.unwrap();
    assert_eq!(used(&setup.profile(&customer).await)[1], "450.00");
    setup.server.clock.advance(Duration::seconds(1));
    setup.until_used(&customer, ["0.00", "0.00", "1000.00"]).await;
    setup.verify().await;
}

#[tokio::test]
async fn an_overdue_reservation_keeps_no_credit_from_an_order() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let short = pb::AuthorizeOrderRequest { time_to_live: seconds(1), ..order(&customer, "O-1", "100.00") };
    let short = setup.reservations().authorize_order(short).await.unwrap().into_inner();
    setup.server.clock.advance(Duration::seconds(1));
    // Whether the reconciler has expired it or not.
    setup.authorize(&customer, "O-1", "100.00").await;
    assert_eq!(setup.reservation(&short).await.state(), ReservationState::Expired);
    setup.verify().await;
}

#[tokio::test]
async fn confirming_and_releasing_have_rules() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let reservation = setup.authorize(&customer, "A", "40.00").await;
    assert_eq!(reservation.state(), ReservationState::Active);
    let confirmed = setup.try_confirm(&reservation).await.unwrap();
    assert_eq!((confirmed.state(), confirmed.expire_time), (ReservationState::Confirmed, None));
    assert_eq!(setup.try_confirm(&reservation).await.unwrap(), confirmed);
    let released = setup.try_release(&reservation).await.unwrap();
    assert_eq!(released.state(), ReservationState::Released);
    assert_eq!(setup.try_release(&reservation).await.unwrap(), released);
    assert_eq!(used(&setup.profile(&customer).await), ["0.00", "0.00", "100.00"]);
    let again = setup.try_confirm(&reservation).await.unwrap_err();
    assert_fault(&again, Code::FailedPrecondition, "RESERVATION_NOT_ACTIVE");
    let unknown = pb::Reservation { reservation_id: "01890000-0000-7000-8000-000000000000".to_owned(), ..reservation };
    assert_fault(&setup.try_confirm(&unknown).await.unwrap_err(), Code::NotFound, "RESERVATION_NOT_FOUND");
    assert_fault(&setup.try_release(&unknown).await.unwrap_err(), Code::NotFound, "RESERVATION_NOT_FOUND");
    // What was repeated was published once.
    setup.authorize(&customer, "B", "1.00").await;
    let kinds = setup.events.kinds(5).await;
    assert_eq!(
        kinds,
        ["ProfileCreated", "CreditReserved", "ReservationConfirmed", "ReservationReleased", "CreditReserved"]
    );
    setup.verify().await;
}

#[tokio::test]
async fn releasing_eight_times_at_once_frees_the_credit_once() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let reservation = setup.authorize(&customer, "A", "40.00").await;
    setup.authorize(&customer, "B", "50.00").await;
    let sent: Vec<_> = (0..8)
        .map(|_| {
            let mut client = setup.reservations();
            let request = pb::ReleaseReservationRequest {
                request_id: quittance_testkit::request_id(),
                reservation_id: reservation.reservation_id.clone(),
            };
            tokio::spawn(async move { client.release_reservation(request).await.unwrap() })
        })
        .collect();
    for one in sent {
        one.await.unwrap();
    }
    assert_eq!(used(&setup.profile(&customer).await), ["0.00", "50.00", "50.00"]);
    setup.verify().await;
}

#[tokio::test]
async fn changes_of_reservations_and_profiles_are_followed() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let first = setup.authorize(&customer, "A-1", "1.00").await;
    let second = setup.authorize(&customer, "A-2", "2.00").await;
    setup.server.clock.advance(Duration::seconds(1));
    let confirmed = setup.try_confirm(&first).await.unwrap();
    let again = setup.try_confirm(&first).await.unwrap();
    assert_eq!(again.update_time, confirmed.update_time, "nothing changed");
    let list = pb::ListReservationsRequest::default;
    let listed = async |request: pb::ListReservationsRequest| {
        setup.reservations().list_reservations(request).await.unwrap().into_inner().reservations
    };
    let since = |from_time| Some(quittance_proto::common::v1::TimeRange { from_time, before_time: None });
    let changed = pb::ListReservationsRequest { update_time: since(confirmed.update_time), ..list() };
    assert_eq!(listed(changed).await, std::slice::from_ref(&confirmed));
    let in_order = pb::ListReservationsRequest { order_by: "update_time".to_owned(), ..list() };
    assert_eq!(listed(in_order).await, [second.clone(), confirmed.clone()]);
    let of_order = pb::ListReservationsRequest { order_reference: "A-2".to_owned(), ..list() };
    assert_eq!(listed(of_order).await, [second]);

    let profile = setup.profile(&customer).await;
    assert!(
        profile.update_time.unwrap().seconds < confirmed.update_time.unwrap().seconds,
        "only its own changes count"
    );
    let profiles = async |request: pb::ListProfilesRequest| {
        setup.credit().list_profiles(request).await.unwrap().into_inner().profiles.len()
    };
    let of = |currency_code: &str| pb::ListProfilesRequest {
        customer_ids: vec![customer.clone()],
        currency_code: currency_code.to_owned(),
        ..Default::default()
    };
    assert_eq!([profiles(of("EUR")).await, profiles(of("USD")).await], [1, 0]);
    let later = pb::ListProfilesRequest { update_time: since(confirmed.update_time), ..Default::default() };
    assert_eq!(profiles(later).await, 0);
}

#[tokio::test]
async fn reservations_are_listed_by_customer_and_state() {
    let setup = Setup::start().await;
    let (a, b) = (setup.customer_with_limit("100.00").await, setup.customer_with_limit("100.00").await);
    let first = setup.authorize(&a, "A-1", "1.00").await;
    let second = setup.try_confirm(&setup.authorize(&a, "A-2", "2.00").await).await.unwrap();
    let third = setup.authorize(&b, "B-1", "3.00").await;
    let list = async |customer_id: &str, states: &[ReservationState], page_size: i32, page_token: &str| {
        let request = pb::ListReservationsRequest {
            customer_ids: customer_id.split_whitespace().map(str::to_owned).collect(),
            states: states.iter().map(|state| (*state).into()).collect(),
            page_size,
            page_token: page_token.to_owned(),
            ..Default::default()
        };
        setup.reservations().list_reservations(request).await.unwrap().into_inner()
    };
    let any = &[];
    assert_eq!(list("", any, 0, "").await.reservations, [first.clone(), second.clone(), third.clone()]);
    assert_eq!(list(&a, any, 0, "").await.reservations, [first.clone(), second.clone()]);
    assert_eq!(list("", &[ReservationState::Active], 0, "").await.reservations, [first.clone(), third.clone()]);
    assert_eq!(list(&a, &[ReservationState::Confirmed], 0, "").await.reservations, vec![second.clone()]);
    let page = list("", any, 2, "").await;
    assert_eq!(page.reservations, [first, second]);
    assert_eq!(list("", any, 2, &page.next_page_token).await.reservations, [third]);
    wait_until("nothing is left to be expired", || async {
        let status = setup.credit().get_stream_status(quittance_proto::common::v1::GetStreamStatusRequest {}).await;
        status.unwrap().into_inner().unfinished == 0
    })
    .await;
}
