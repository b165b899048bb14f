//! What a payment pays, found without a hand.

use quittance_proto::payments::v1 as pb;
use quittance_testkit::{now, wait_until};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::support::{Book, eur, parts, reason, rule, transfer};

#[tokio::test]
async fn a_number_in_the_text_pays_its_invoice_and_is_told() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let invoice = book.invoice(&customer, "100").await;
    let payment = book.record(transfer("100", &format!("invoice {}, thanks", invoice.number))).await;
    assert_eq!(parts(&payment), ["100.00", "0.00", "0.00"]);
    assert_eq!(rule(&payment), pb::MatchRule::DocumentNumber);
    assert_eq!(payment.r#match.as_ref().unwrap().evidence, [invoice.number.as_str(), "amount to the cent"]);
    assert_eq!(payment.customer_id, customer);
    assert_eq!(payment.received_on, "2026-03-02");
    let allocation = &payment.allocations[0];
    assert_eq!(allocation.state(), pb::AllocationState::Applied);
    assert_eq!(
        (allocation.item_id.as_str(), allocation.effective_on.as_str()),
        (invoice.invoice_id.as_str(), "2026-03-02")
    );
    assert_eq!(book.open(&invoice).await, "0.00");
    assert_eq!(book.events.kinds(2).await, ["PaymentReceived", "PaymentApplied"]);
    book.verify().await;
}

#[tokio::test]
async fn our_own_reference_pays_its_invoice() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "80").await;
    assert!(!invoice.payment_reference.is_empty());
    let payment = book.record(transfer("80", &format!("/RFB/{}", invoice.payment_reference))).await;
    assert_eq!(parts(&payment), ["80.00", "0.00", "0.00"]);
    assert_eq!(rule(&payment), pb::MatchRule::PaymentReference);
    book.verify().await;
}

#[tokio::test]
async fn a_known_account_pays_the_single_item_of_its_amount() {
    let book = Book::start().await;
    let customer = book.customer(&["DE89-3704.0044/0532 0130 00"]).await;
    book.invoice(&customer, "70").await;
    let invoice = book.invoice(&customer, "80").await;
    let from = |account: &str, amount: &str| pb::Payment {
        payer_account: account.to_owned(),
        ..transfer(amount, "for your work")
    };
    let payment = book.record(from("de89370400440532013000", "80")).await;
    assert_eq!(parts(&payment), ["80.00", "0.00", "0.00"]);
    assert_eq!(rule(&payment), pb::MatchRule::PayerAndAmount);
    assert_eq!(payment.allocations[0].item_id, invoice.invoice_id);
    let other = book.record(from("DE89370400440532013000", "81")).await;
    assert_eq!((parts(&other), reason(&other)), (["0.00", "0.00", "81.00"], "NO_SINGLE_EQUAL_ITEM"));
    // An account that two customers pay from says nothing where both owe the same.
    let sister = book.customer(&["DE89370400440532013000"]).await;
    book.invoice(&sister, "70").await;
    book.caught_up().await;
    let shared = book.record(from("DE89370400440532013000", "70")).await;
    assert_eq!((parts(&shared), reason(&shared)), (["0.00", "0.00", "70.00"], "NO_SINGLE_EQUAL_ITEM"));
    assert_eq!(book.reviews().await.pop().unwrap().alternatives.len(), 2);
    book.verify().await;
}

#[tokio::test]
async fn too_little_too_much_twice_and_from_nobody() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let (first, second) = (book.invoice(&customer, "100").await, book.invoice(&customer, "50").await);
    let short = book.record(transfer("60", &first.number)).await;
    assert_eq!(parts(&short), ["60.00", "0.00", "0.00"]);
    assert_eq!(book.open(&first).await, "40.00");
    let over = book.record(transfer("75", &second.number)).await;
    assert_eq!((parts(&over), reason(&over)), (["50.00", "0.00", "25.00"], "AMOUNT_EXCEEDS_ITEMS"));
    let double = book.record(transfer("50", &second.number)).await;
    assert_eq!((parts(&double), reason(&double)), (["0.00", "0.00", "50.00"], "ITEM_ALREADY_PAID"));
    let nobody = book.record(transfer("10", "happy birthday")).await;
    assert_eq!((parts(&nobody), reason(&nobody)), (["0.00", "0.00", "10.00"], "NO_REFERENCE_NO_PAYER"));
    let request = pb::GetMatchingStatisticsRequest::default();
    let statistics = book.payments().get_matching_statistics(request).await.unwrap().into_inner();
    let euros = &statistics.currencies[0];
    assert_eq!((euros.payments, euros.matched_payments), (4, 1));
    assert_eq!((euros.amount.clone(), euros.matched_amount.clone()), (eur("195.00"), eur("110.00")));
    assert_eq!((euros.rules.len(), euros.rules[0].allocations, euros.rules[0].amount.clone()), (1, 2, eur("110.00")));
    let unapplied: Vec<&str> = euros.unapplied.iter().map(|u| u.reason().as_str_name()).collect();
    assert_eq!(
        unapplied,
        ["NO_REFERENCE_NO_PAYER", "ITEM_ALREADY_PAID", "AMOUNT_EXCEEDS_ITEMS"]
            .map(|reason| format!("UNAPPLIED_REASON_{reason}"))
    );
    book.verify().await;
}

#[tokio::test]
async fn a_discount_is_granted_in_time_only() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let (early, late) = (book.invoice(&customer, "100").await, book.invoice(&customer, "100").await);
    let on = |day: &str, number: &str| pb::Payment { received_on: day.to_owned(), ..transfer("98", number) };
    let payment = book.record(on("2026-02-11", &early.number)).await;
    assert_eq!(parts(&payment), ["98.00", "0.00", "0.00"]);
    assert_eq!(payment.allocations[0].discount, eur("2.00"));
    assert_eq!(book.open(&early).await, "0.00");
    let payment = book.record(on("2026-02-12", &late.number)).await;
    assert_eq!(payment.allocations[0].discount, None);
    assert_eq!(book.open(&late).await, "2.00");
    book.verify().await;
}

#[tokio::test]
async fn one_payment_closes_several_invoices() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let (first, second) = (book.invoice(&customer, "100").await, book.invoice(&customer, "50").await);
    let text = format!("{} and {}", first.number, second.number);
    let less = book.record(transfer("120", &text)).await;
    assert_eq!((parts(&less), reason(&less)), (["0.00", "0.00", "120.00"], "AMOUNT_BELOW_ITEMS"));
    let payment = book.record(transfer("150", &text)).await;
    assert_eq!(parts(&payment), ["150.00", "0.00", "0.00"]);
    assert_eq!(payment.allocations.len(), 2);
    assert_eq!((book.open(&first).await, book.open(&second).await), ("0.00".to_owned(), "0.00".to_owned()));
    book.verify().await;
}

#[tokio::test]
async fn a_payment_that_came_before_its_invoice_pays_it_later() {
    let book = Book::start().await;
    let customer = book.customer(&["ACC1"]).await;
    book.caught_up().await;
    let named = book.record(transfer("100", "for INV-000001")).await;
    assert_eq!((parts(&named), reason(&named)), (["0.00", "0.00", "100.00"], "NO_REFERENCE_NO_PAYER"));
    let from = pb::Payment { payer_account: "ACC1".to_owned(), ..transfer("55", "") };
    let from = book.record(from).await;
    assert_eq!((reason(&from), from.customer_id.as_str()), ("PAYER_HAS_NO_OPEN_ITEM", customer.as_str()));
    let (first, second) = (book.invoice(&customer, "100").await, book.invoice(&customer, "55").await);
    assert_eq!(first.number, "INV-000001");
    for (payment, rule_then) in [(&named, pb::MatchRule::DocumentNumber), (&from, pb::MatchRule::PayerAndAmount)] {
        wait_until("the payment finds its invoice", || async {
            parts(&book.get(&payment.payment_id).await)[2] == "0.00"
        })
        .await;
        wait_until("invoicing agrees", || async { parts(&book.get(&payment.payment_id).await)[1] == "0.00" }).await;
        assert_eq!(rule(&book.get(&payment.payment_id).await), rule_then);
    }
    assert_eq!((book.open(&first).await, book.open(&second).await), ("0.00".to_owned(), "0.00".to_owned()));
    book.verify().await;
}

/// The invoice became known while matching looked at the payment, and did not see it: it looks again.
#[tokio::test]
async fn a_payment_is_looked_at_again_when_something_came_during_the_look() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let payment = book.record(transfer("100", "for INV-000001")).await;
    let id = uuid::Uuid::parse_str(&payment.payment_id).unwrap();
    // Looks at the payment as matching does: it is due, and locked.
    let mut looking = book.db.connect_as("quittance_app").await;
    let tenant = format!("set quittance.tenant = '{}'", book.server.tenant);
    looking.execute(AssertSqlSafe(tenant)).await.unwrap();
    loop {
        let due = "update payment set match_due_at = $2 where id = $1";
        sqlx::query(due).bind(id).bind(now()).execute(&mut looking).await.unwrap();
        looking.execute("begin").await.unwrap();
        let held = "select match_due_at is not null from payment where id = $1 for update";
        if sqlx::query_scalar(held).bind(id).fetch_one(&mut looking).await.unwrap() {
            break;
        }
        // Matching was quicker.
        looking.execute("rollback").await.unwrap();
    }
    book.issue(&customer, "100", "2026-02-01").await;
    let waits = "select exists (select from pg_locks waiting join pg_locks other using (pid)
        where not waiting.granted and other.database = (select oid from pg_database where datname = current_database()))";
    wait_until("the reader of the invoice waits for the payment", || async {
        sqlx::query_scalar(waits).fetch_one(book.db.db.system()).await.unwrap()
    })
    .await;
    sqlx::query("update payment set match_due_at = null where id = $1").bind(id).execute(&mut looking).await.unwrap();
    looking.execute("commit").await.unwrap();
    wait_until("the payment finds its invoice", || async {
        parts(&book.get(&payment.payment_id).await) == ["100.00", "0.00", "0.00"]
    })
    .await;
    book.verify().await;
}

/// The invoice became known while the payment was being recorded, and neither transaction saw the other: a second look finds it.
#[tokio::test]
async fn an_unapplied_payment_is_looked_at_once_more() {
    let book = Book::start().await;
    let customer = book.customer(&[]).await;
    let payment = book.record(transfer("100", "for INV-000001")).await;
    let mut owner = book.db.connect_as("quittance_owner").await;
    sqlx::query("alter table sought_key disable row level security").execute(&mut owner).await.unwrap();
    sqlx::query("delete from sought_key").execute(&mut owner).await.unwrap();
    book.invoice(&customer, "100").await;
    assert_eq!(parts(&book.get(&payment.payment_id).await), ["0.00", "0.00", "100.00"]);
    book.server.clock.advance(chrono::Duration::seconds(3));
    wait_until("the second look", || async { parts(&book.get(&payment.payment_id).await)[0] == "100.00" }).await;
    book.verify().await;
}

#[tokio::test]
async fn two_payments_of_one_batch_share_an_invoice_exactly() {
    let book = Book::start().await;
    let invoice = book.invoice(&book.customer(&[]).await, "100").await;
    let entry = |amount: &str| pb::RecordPaymentRequest {
        request_id: quittance_testkit::request_id(),
        payment: Some(transfer(amount, &invoice.number)),
    };
    let requests = vec![entry("60"), entry("40"), entry("5")];
    let results = book
        .payments()
        .batch_record_payments(pb::BatchRecordPaymentsRequest { requests, ..Default::default() })
        .await
        .unwrap()
        .into_inner()
        .results;
    let payments: Vec<pb::Payment> = results
        .into_iter()
        .map(|result| match result.result.unwrap() {
            pb::payment_result::Result::Payment(payment) => payment,
            pb::payment_result::Result::Error(error) => panic!("{error:?}"),
        })
        .collect();
    assert_eq!(parts(&payments[0]), ["60.00", "0.00", "0.00"]);
    assert_eq!(parts(&payments[1]), ["40.00", "0.00", "0.00"]);
    assert_eq!((parts(&payments[2]), reason(&payments[2])), (["0.00", "0.00", "5.00"], "ITEM_ALREADY_PAID"));
    assert!(payments.iter().flat_map(|p| &p.allocations).all(|a| a.state() == pb::AllocationState::Applied));
    book.verify().await;
}
