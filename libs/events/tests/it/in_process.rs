//! From outbox to consumer in one process.

use std::sync::atomic::Ordering;

use quittance_events::{
    Discard, StreamStatus, apply_events, discard, list_held, outbox_status, push, requeue, stream_status,
    tenant_stream_status,
};
use quittance_kernel::TenantId;
use quittance_testkit::{now, wait_until};
use sqlx::{Connection as _, Executor as _};

use crate::support::{Bench, Writer, event};

#[tokio::test]
async fn events_are_applied_once_and_in_order() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    bench.publish(&["a", "b"]).await;
    bench.publish(&["c"]).await;
    bench.wait_for(&["a", "b", "c"]).await;
}

#[tokio::test]
async fn a_smaller_id_that_commits_later_is_not_skipped() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    let mut slow = bench.db().begin(bench.tenant).await.unwrap();
    push(&mut slow, vec![event("slow")]).await.unwrap();
    bench.publish(&["quick"]).await;
    bench.wait_for(&["quick"]).await;
    slow.commit().await.unwrap();
    bench.wait_for(&["quick", "slow"]).await;
}

#[tokio::test]
async fn what_was_rolled_back_is_told_to_nobody() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    let mut tx = bench.db().begin(bench.tenant).await.unwrap();
    push(&mut tx, vec![event("never")]).await.unwrap();
    tx.rollback().await.unwrap();
    bench.publish(&["a"]).await;
    bench.wait_for(&["a"]).await;
}

#[tokio::test]
async fn poison_goes_to_the_dead_letters_and_comes_back_when_it_is_put_back() {
    let bench = Bench::start().await;
    let writer = Writer::default();
    bench.consume(writer.clone());
    bench.publish(&["a", "poison", "b"]).await;
    bench.wait_for(&["a", "b"]).await;
    assert_eq!(bench.held().await, (0, 1));
    let dead = list_held(&bench.db(), "probes", "dead", 0).await.unwrap().remove(0);
    assert_eq!(dead.error.as_deref(), Some("poison"));
    assert!(requeue(&bench.db(), &writer, &dead.envelope).await.is_err());
    assert_eq!(bench.held().await, (0, 1), "what still fails stays");
    writer.bears_poison.store(true, Ordering::SeqCst);
    assert!(requeue(&bench.db(), &writer, &dead.envelope).await.unwrap());
    assert!(!requeue(&bench.db(), &writer, &dead.envelope).await.unwrap());
    bench.wait_for(&["a", "b", "poison"]).await;
    assert_eq!(bench.held().await, (0, 0));
}

/// Giving up on an event does not fail because of what is in it, and a handler that panics stops nobody.
#[tokio::test]
async fn whatever_an_event_holds_the_next_one_is_read() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    let long = format!("bitter {}", "x".repeat(100_000));
    bench.publish(&["a", "bitter \0 NUL", &long, "panic", "b"]).await;
    bench.wait_for(&["a", "b"]).await;
    let dead = list_held(&bench.db(), "probes", "dead", 0).await.unwrap();
    let errors: Vec<&str> = dead.iter().filter_map(|held| held.error.as_deref()).collect();
    assert_eq!(errors[0], "bitter \u{fffd} NUL");
    assert!((8_000..10_000).contains(&errors[1].len()));
    assert!(errors[2].contains("a handler with a defect"), "{}", errors[2]);
}

/// What nobody wants is kept with who discarded it and why, counts no longer, and stays so when it comes again.
#[tokio::test]
async fn a_dead_letter_is_discarded_with_a_reason() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    bench.publish(&["a", "poison", "b"]).await;
    bench.wait_for(&["a", "b"]).await;
    let dead = list_held(&bench.db(), "probes", "dead", 0).await.unwrap().remove(0);
    let why = Discard { at: now(), by: "ada".to_owned(), reason: "a test that went wrong".to_owned() };
    assert!(discard(&bench.db(), &dead.envelope, &why).await.unwrap());
    assert!(!discard(&bench.db(), &dead.envelope, &why).await.unwrap());
    assert_eq!(bench.held().await, (0, 0));
    let again = [dead.envelope.clone()];
    apply_events(&bench.db(), "probes", &Writer::default(), &bench.clock, &again).await.unwrap();
    assert_eq!(bench.held().await, (0, 0));
    let kept = list_held(&bench.db(), "probes", "discarded", 0).await.unwrap().remove(0);
    assert_eq!((kept.envelope, kept.discarded), (dead.envelope, Some(why)));
}

#[tokio::test]
async fn an_unknown_kind_waits_for_the_upgrade() {
    let bench = Bench::start().await;
    let writer = Writer::default();
    bench.consume(writer.clone());
    bench.publish(&["a", "", "b"]).await;
    bench.wait_for(&["a", "b"]).await;
    assert_eq!(bench.held().await, (1, 0));
    // The next version knows it; it looks at what is parked when it starts.
    writer.knows_everything.store(true, Ordering::SeqCst);
    bench.consume(writer);
    bench.wait_for(&["a", "b", ""]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_readers_at_once_apply_each_event_once() {
    let bench = Bench::start().await;
    for _ in 0..4 {
        bench.consume(Writer::default());
    }
    let texts: Vec<String> = (0..2_000).map(|i| i.to_string()).collect();
    for chunk in texts.chunks(100) {
        bench.publish(&chunk.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    wait_until("all 2,000 are applied", || async { bench.applied().await.len() >= 2_000 }).await;
    assert_eq!(bench.applied().await, texts);
}

#[tokio::test]
async fn a_new_reader_starts_from_the_beginning() {
    let bench = Bench::start().await;
    bench.publish(&["a", "b"]).await;
    bench.consume(Writer::default());
    bench.wait_for(&["a", "b"]).await;
}

#[tokio::test]
async fn what_waits_in_the_outbox_is_counted_until_it_is_out() {
    let bench = Bench::start().await;
    let db = bench.db();
    assert_eq!(outbox_status(&db, true).await.unwrap().waiting, 0);
    bench.publish(&["a", "b"]).await;
    wait_until("positions", || async { outbox_status(&db, false).await.unwrap().waiting == 0 }).await;
    // No publisher runs: a broker would have none of them.
    let status = outbox_status(&db, true).await.unwrap();
    assert_eq!((status.waiting, status.oldest_at), (2, Some(now())));
    assert_eq!(outbox_status(&db, false).await.unwrap().oldest_at, None);
}

/// The status for a tenant: positions are the stream's, counts its own.
async fn status_of(bench: &Bench, tenant: TenantId) -> StreamStatus {
    let mut tx = bench.db().begin(tenant).await.unwrap();
    tenant_stream_status(&mut tx).await.unwrap()
}

fn counts(status: &StreamStatus) -> (i64, i64, i64, i64, i64) {
    let read = status.subscriptions.first().unwrap();
    (status.head_position, status.unpositioned, read.position, read.parked, read.dead_letters)
}

#[tokio::test]
async fn a_tenant_is_shown_the_counts_of_its_own_events_only() {
    let bench = Bench::start().await;
    bench.consume(Writer::default());
    let other = TenantId::at(now());
    bench.publish(&["a", "poison", ""]).await;
    bench.publish_as(other, vec![event("poison"), event("poison"), event("b")]).await;
    bench.wait_for(&["a", "b"]).await;
    let mut owner = bench.db.connect_as("quittance_owner").await;
    let unreadable = "insert into unreadable_message (area, topic, partition, message_offset, headers, error, held_at)
                      values ('probes', 'probes', 0, 0, '{}', 'not an event', now())";
    owner.execute(unreadable).await.unwrap();

    // Positions cannot be given while the lock is held.
    let mut lock = owner.begin().await.unwrap();
    lock.execute("lock table outbox_position in share mode").await.unwrap();
    bench.publish(&["c"]).await;
    bench.publish_as(other, vec![event("d"), event("e")]).await;
    assert_eq!(counts(&status_of(&bench, bench.tenant).await), (6, 1, 6, 1, 1));
    assert_eq!(counts(&status_of(&bench, other).await), (6, 2, 6, 0, 2));
    assert_eq!(counts(&status_of(&bench, TenantId::at(now())).await), (6, 0, 6, 0, 0));
    assert_eq!(counts(&stream_status(&bench.db()).await.unwrap()), (6, 3, 6, 1, 4), "operators see all");
    lock.rollback().await.unwrap();
    bench.wait_for(&["a", "b", "c", "d", "e"]).await;
    assert_eq!(status_of(&bench, bench.tenant).await.unpositioned, 0);
}
