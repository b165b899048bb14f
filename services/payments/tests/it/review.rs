//! What waits for a person, and what a choice teaches.

use quittance_proto::payments::v1 as pb;
use quittance_testkit::{assert_fault, assert_violations, request_id};
use tonic::{Code, Status};

use crate::support::{Book, eur, parts, reason, rule, transfer};

fn confirm(payment: &pb::Payment, alternative: i32) -> pb::ConfirmMatchRequest {
    pb::ConfirmMatchRequest {
        request_id: request_id(),
        payment_id: payment.payment_id.clone(),
        alternative,
        etag: payment.etag.clone(),
    }
}

async fn confirmed(book: &Book, request: pb::ConfirmMatchRequest) -> Result<pb::Payment, Status> {
    book.payments().confirm_match(request).await.map(tonic::Response::into_inner)
}

fn from(account: &str, name: &str, amount: &str, text: &str) -> pb::Payment {
    pb::Payment { payer_account: account.to_owned(), payer_name: name.to_owned(), ..transfer(amount, text) }
}

#[tokio::test]
async fn a_person_chooses_and_the_choice_teaches_until_it_is_taken_back() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let (first, second) = (book.invoice(&customer, "100").await, book.invoice(&customer, "70").await);
    // Nobody knows the account, and less came than the document says.
    let payment = book.record(from("XX1", "Holding", "60", &first.number)).await;
    assert_eq!((parts(&payment), reason(&payment)), (["0.00", "0.00", "60.00"], "AMOUNT_BELOW_ITEMS"));
    let review = book.reviews().await.remove(0);
    let alternative = &review.alternatives[0];
    assert_eq!(
        (alternative.rule(), alternative.allocations[0].number.as_str()),
        (pb::MatchRule::DocumentNumber, first.number.as_str())
    );
    assert_eq!(
        (alternative.allocations[0].amount.clone(), alternative.left_open.clone()),
        (eur("60.00"), eur("40.00"))
    );
    assert_fault(&confirmed(&book, confirm(&payment, 7)).await.unwrap_err(), Code::NotFound, "MATCH_REVIEW_NOT_FOUND");
    let request = confirm(&payment, 0);
    let done = confirmed(&book, request.clone()).await.unwrap();
    assert_eq!((parts(&done), rule(&done)), (["60.00", "0.00", "0.00"], pb::MatchRule::DocumentNumber));
    assert_eq!(done.allocations[0].rule(), pb::MatchRule::Manual);
    assert_eq!(confirmed(&book, request).await.unwrap(), done);
    assert!(book.reviews().await.is_empty());
    // The account is the customer's from now on, and so is the name.
    let known = book.record(from("xx 1", "", "70", "")).await;
    assert_eq!((parts(&known), rule(&known)), (["70.00", "0.00", "0.00"], pb::MatchRule::PayerAndAmount));
    assert_eq!(known.allocations[0].item_id, second.invoice_id);
    // Taken back, it has taught nothing.
    let back = pb::UnapplyPaymentRequest {
        request_id: request_id(),
        payment_id: done.payment_id.clone(),
        reason: "wrong customer".to_owned(),
        ..pb::UnapplyPaymentRequest::default()
    };
    book.payments().unapply_payment(back).await.unwrap();
    let unknown = book.record(from("XX1", "Holding", "100", "")).await;
    assert_eq!((parts(&unknown), reason(&unknown)), (["0.00", "0.00", "100.00"], "NO_REFERENCE_NO_PAYER"));
    book.verify().await;
}

/// The payer is given and owes nothing: part of another customer's document is not paid by it without a person.
#[tokio::test]
async fn a_given_payer_that_owes_nothing_is_still_the_payer() {
    let book = Book::start().await;
    let (owing, payer) = (book.customer(&[]).await, book.customer(&[]).await);
    let invoice = book.invoice(&owing, "100").await;
    let given = pb::Payment { customer_id: payer.clone(), ..transfer("60", &invoice.number) };
    let payment = book.record(given).await;
    assert_eq!((parts(&payment), reason(&payment)), (["0.00", "0.00", "60.00"], "PAYER_DIFFERS"));
    assert_eq!(payment.customer_id, payer);
    let nothing = book.record(pb::Payment { customer_id: payer, ..transfer("60", "") }).await;
    assert_eq!(reason(&nothing), "PAYER_HAS_NO_OPEN_ITEM");
    book.verify().await;
}

#[tokio::test]
async fn equal_items_wait_with_their_alternatives_and_a_stale_choice_is_refused() {
    let book = Book::start().await;
    let customer = book.customer(&["ACC1"]).await;
    let (first, second) = (book.invoice(&customer, "50").await, book.invoice(&customer, "50").await);
    let payment = book.record(from("ACC1", "", "50", "")).await;
    let review = book.reviews().await.remove(0);
    let numbers: Vec<&str> = review.alternatives.iter().map(|a| a.allocations[0].number.as_str()).collect();
    assert_eq!(numbers, [first.number.as_str(), second.number.as_str()]);
    let stale = pb::ConfirmMatchRequest { etag: "99".to_owned(), ..confirm(&payment, 1) };
    assert_fault(&confirmed(&book, stale).await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");
    let done = confirmed(&book, confirm(&payment, 1)).await.unwrap();
    assert_eq!(done.allocations[0].item_id, second.invoice_id);
    assert_eq!(book.open(&first).await, "50.00");
    let bad = pb::ConfirmMatchRequest { alternative: -1, ..pb::ConfirmMatchRequest::default() };
    let status = confirmed(&book, bad).await.unwrap_err();
    assert_violations(&status, &["request_id", "payment_id", "alternative", "etag"]);
    book.verify().await;
}

#[tokio::test]
async fn the_matching_policy_is_replaced_by_who_has_read_it() {
    let book = Book::start().await;
    let set = async |fallback: pb::MatchFallback, etag: &str| {
        let policy = pb::MatchingPolicy { fallback: fallback.into(), ..pb::MatchingPolicy::default() };
        let request =
            pb::SetMatchingPolicyRequest { request_id: request_id(), policy: Some(policy), etag: etag.to_owned() };
        book.payments().set_matching_policy(request).await.map(tonic::Response::into_inner)
    };
    let policy = set(pb::MatchFallback::OldestFirst, "").await.unwrap();
    assert_eq!((policy.etag.as_str(), policy.fallback()), ("1", pb::MatchFallback::OldestFirst));
    let read = book.payments().get_matching_policy(pb::GetMatchingPolicyRequest {}).await.unwrap().into_inner();
    assert_eq!(read, policy);
    assert_fault(&set(pb::MatchFallback::OnAccount, "").await.unwrap_err(), Code::Aborted, "ETAG_MISMATCH");
    assert_violations(&set(pb::MatchFallback::OnAccount, "x").await.unwrap_err(), &["etag"]);
    assert_eq!(set(pb::MatchFallback::OnAccount, "1").await.unwrap().etag, "2");
}
