//! Credit profiles: created, changed, checked.

use prost_types::FieldMask;
use quittance_proto::creditrisk::v1 as pb;
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::{Code, Status};

use crate::support::{Setup, eur, seconds, used};

async fn update(setup: &Setup, profile: pb::CreditProfile, paths: &[&str]) -> Result<pb::CreditProfile, Status> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let request = pb::UpdateProfileRequest {
        request_id: request_id(),
        profile: Some(profile),
        update_mask: Some(FieldMask { paths }),
    };
    setup.credit().update_profile(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_customer_has_one_profile_in_a_currency() {
    let setup = Setup::start().await;
    let customer = setup.customer().await;
    let profile = setup.try_profile(&customer, "100.00").await.unwrap();
    assert_eq!((used(&profile), profile.etag.as_str()), (["0.00", "0.00", "100.00"], "1"));
    assert_fault(&setup.try_profile(&customer, "1.00").await.unwrap_err(), Code::AlreadyExists, "PROFILE_EXISTS");
    let unknown = "01890000-0000-7000-8000-000000000000";
    assert_fault(&setup.try_profile(unknown, "1.00").await.unwrap_err(), Code::NotFound, "CUSTOMER_NOT_FOUND");
    let dollars = pb::CreditProfile {
        customer_id: customer.clone(),
        limit: Some(quittance_proto::common::v1::Money { currency_code: "USD".to_owned(), amount: "5.00".to_owned() }),
        ..pb::CreditProfile::default()
    };
    let request = pb::CreateProfileRequest { request_id: request_id(), profile: Some(dollars) };
    let dollars = setup.credit().create_profile(request).await.unwrap().into_inner();
    let first = setup
        .credit()
        .list_profiles(pb::ListProfilesRequest { page_size: 1, ..Default::default() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.profiles, [profile]);
    let rest = pb::ListProfilesRequest { page_size: 1, page_token: first.next_page_token, ..Default::default() };
    assert_eq!(setup.credit().list_profiles(rest).await.unwrap().into_inner().profiles, [dollars]);
    let request = pb::GetProfileRequest { customer_id: customer, currency_code: "CHF".to_owned() };
    assert_fault(&setup.credit().get_profile(request).await.unwrap_err(), Code::NotFound, "PROFILE_NOT_FOUND");
}

#[tokio::test]
async fn a_change_of_the_limit_is_guarded_by_the_etag_and_not_disturbed_by_orders() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let read = setup.profile(&customer).await;
    setup.authorize(&customer, "A", "60.00").await;
    let lower = pb::CreditProfile { limit: eur("50.00"), note: "ignored".to_owned(), ..read.clone() };
    let changed = update(&setup, lower, &["limit"]).await.unwrap();
    assert_eq!((used(&changed), changed.note.as_str(), changed.etag.as_str()), (["0.00", "60.00", "-10.00"], "", "2"));
    assert_fault(
        &setup.try_authorize(&customer, "B", "0.01").await.unwrap_err(),
        Code::FailedPrecondition,
        "CREDIT_LIMIT_EXCEEDED",
    );
    let noted = pb::CreditProfile { note: "paid late".to_owned(), ..read.clone() };
    assert_fault(&update(&setup, noted.clone(), &["note"]).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");
    let noted = update(&setup, pb::CreditProfile { etag: String::new(), ..noted }, &["note"]).await.unwrap();
    assert_eq!((noted.note.as_str(), noted.limit), ("paid late", eur("50.00")));
    let dollars = quittance_proto::common::v1::Money { currency_code: "USD".to_owned(), amount: "5.00".to_owned() };
    let dollars = pb::CreditProfile { limit: Some(dollars), etag: String::new(), ..read.clone() };
    assert_fault(
        &update(&setup, dollars, &["limit"]).await.unwrap_err(),
        Code::FailedPrecondition,
        "CURRENCY_MISMATCH",
    );
    let unknown = pb::CreditProfile { profile_id: "01890000-0000-7000-8000-000000000000".to_owned(), ..read };
    assert_fault(&update(&setup, unknown, &["note"]).await.unwrap_err(), Code::NotFound, "PROFILE_NOT_FOUND");
    setup.verify().await;
}

#[tokio::test]
async fn a_check_reserves_nothing() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    let check = async |amount: &str| {
        let request = pb::CheckCreditRequest { customer_id: customer.clone(), amount: eur(amount) };
        setup.credit().check_credit(request).await.unwrap().into_inner()
    };
    let within = check("100.00").await;
    assert_eq!((within.approved, within.shortfall), (true, eur("0.00")));
    let over = check("100.01").await;
    assert_eq!((over.approved, over.shortfall), (false, eur("0.01")));
    assert_eq!(used(&over.profile.unwrap()), ["0.00", "0.00", "100.00"]);
    let stranger = pb::CheckCreditRequest { customer_id: setup.customer().await, amount: eur("1.00") };
    assert_fault(&setup.credit().check_credit(stranger).await.unwrap_err(), Code::NotFound, "PROFILE_NOT_FOUND");
}

#[tokio::test]
async fn everything_that_is_wrong_is_named() {
    let setup = Setup::start().await;
    let wrong = pb::CreditProfile { limit: eur("-1.00"), note: "\u{7}".to_owned(), ..pb::CreditProfile::default() };
    let request = pb::CreateProfileRequest { request_id: "x".to_owned(), profile: Some(wrong) };
    let status = setup.credit().create_profile(request).await.unwrap_err();
    assert_violations(&status, &["request_id", "profile.customer_id", "profile.limit", "profile.note"]);
    let status = update(&setup, pb::CreditProfile::default(), &["exposure"]).await.unwrap_err();
    assert_violations(&status, &["update_mask", "profile.profile_id"]);
    let status = setup.credit().get_profile(pb::GetProfileRequest::default()).await.unwrap_err();
    assert_violations(&status, &["customer_id", "currency_code"]);
    let request = pb::CheckCreditRequest { customer_id: "x".to_owned(), amount: eur("0.00") };
    assert_violations(&setup.credit().check_credit(request).await.unwrap_err(), &["customer_id", "amount"]);
    let request = pb::AuthorizeOrderRequest {
        amount: eur("1.001"),
        time_to_live: seconds(7_776_001),
        ..pb::AuthorizeOrderRequest::default()
    };
    let status = setup.reservations().authorize_order(request).await.unwrap_err();
    assert_violations(&status, &["request_id", "customer_id", "amount", "order_reference", "time_to_live"]);
    let status =
        setup.reservations().batch_authorize_orders(pb::BatchAuthorizeOrdersRequest::default()).await.unwrap_err();
    assert_violations(&status, &["requests"]);
    let status = setup.reservations().confirm_reservation(pb::ConfirmReservationRequest::default()).await.unwrap_err();
    assert_violations(&status, &["request_id", "reservation_id"]);
    let request = pb::ListReservationsRequest {
        customer_ids: vec!["x".to_owned()],
        states: vec![99],
        page_size: -1,
        page_token: "%".to_owned(),
        ..Default::default()
    };
    let status = setup.reservations().list_reservations(request).await.unwrap_err();
    assert_violations(&status, &["states[0]", "page_size", "page_token", "customer_ids[0]"]);
}

#[tokio::test]
async fn a_profile_is_deleted_until_it_has_a_reservation() {
    let setup = Setup::start().await;
    let customer = setup.customer_with_limit("100.00").await;
    setup.invoice(&customer, "40.00", None).await;
    setup.until_used(&customer, ["40.00", "0.00", "60.00"]).await;
    let profile = setup.profile(&customer).await;
    let delete = |etag: &str| pb::DeleteProfileRequest {
        request_id: request_id(),
        profile_id: profile.profile_id.clone(),
        etag: etag.to_owned(),
    };
    assert_fault(&setup.credit().delete_profile(delete("7")).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");
    let request = delete(&profile.etag);
    setup.credit().delete_profile(request.clone()).await.unwrap();
    setup.credit().delete_profile(request).await.unwrap();
    let gone = setup.credit().delete_profile(delete("")).await.unwrap_err();
    assert_fault(&gone, Code::NotFound, "PROFILE_NOT_FOUND");
    assert_fault(&setup.try_authorize(&customer, "A", "1.00").await.unwrap_err(), Code::NotFound, "PROFILE_NOT_FOUND");

    // A new one has the debt, and its history keeps it.
    let profile = setup.try_profile(&customer, "90.00").await.unwrap();
    assert_eq!(used(&profile), ["40.00", "0.00", "50.00"]);
    let reservation = setup.authorize(&customer, "B", "10.00").await;
    setup.try_release(&reservation).await.unwrap();
    let request = pb::DeleteProfileRequest { profile_id: profile.profile_id, ..delete("") };
    let kept = setup.credit().delete_profile(request).await.unwrap_err();
    assert_fault(&kept, Code::FailedPrecondition, "PROFILE_HAS_RESERVATIONS");
    setup.verify().await;
    let kinds = setup.events.kinds(5).await;
    assert_eq!(kinds, ["ProfileCreated", "ProfileDeleted", "ProfileCreated", "CreditReserved", "ReservationReleased"]);
}
