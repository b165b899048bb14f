//! The times of positions, by which is known what was known at an instant.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Duration, Utc};
use quittance_events::{Envelope, apply_events, list_held, stream_status};
use quittance_testkit::{now, wait_until};

use crate::support::{Bench, Writer};

/// Publishes an event at an instant of the relay's clock.
async fn publish_at(bench: &Bench, at: DateTime<Utc>, text: &str) -> Envelope {
    bench.clock.set(at);
    let before = bench.source().fetch(0, 100).await.unwrap().len();
    bench.publish(&[text]).await;
    let events = async || bench.source().fetch(0, 100).await.unwrap();
    wait_until("it has a position", async || events().await.len() > before).await;
    events().await.pop().unwrap()
}

fn minute(number: i64) -> DateTime<Utc> {
    now() + Duration::minutes(number)
}

#[tokio::test]
async fn the_times_of_positions_never_go_back() {
    let bench = Bench::start().await;
    let mut times = Vec::new();
    for number in [5, 3, 6] {
        times.push(publish_at(&bench, minute(number), "a").await.positioned_at.unwrap());
    }
    assert_eq!(times, [minute(5), minute(5), minute(6)]);
}

/// Everything with an earlier time is applied or held, in whatever order it came: a time before that of the position is true as well.
#[tokio::test]
async fn a_subscription_knows_up_to_when_it_has_read_everything() {
    let bench = Bench::start().await;
    let mut events = Vec::new();
    for number in 1..=5 {
        events.push(publish_at(&bench, minute(number), "a").await);
    }
    // From a broker, published before the time was sent.
    events[4].positioned_at = None;
    let mut found = Vec::new();
    for batch in [vec![0, 2], vec![1], vec![3], vec![4]] {
        let batch: Vec<Envelope> = batch.into_iter().map(|place: usize| events[place].clone()).collect();
        apply_events(&bench.db(), "probes", &Writer::default(), &bench.clock, &batch).await.unwrap();
        let status = stream_status(&bench.db()).await.unwrap().subscriptions.remove(0);
        found.push((status.position, status.positioned_at.unwrap()));
    }
    assert_eq!(found, [(1, minute(1)), (3, minute(2)), (4, minute(4)), (5, minute(4))]);
    let known = [minute(1), minute(3), minute(2), minute(4), events[4].recorded_at];
    assert_eq!(bench.known().await, known, "the last one from when it was recorded");
}

#[tokio::test]
async fn an_event_that_is_held_keeps_the_time_of_its_position() {
    let bench = Bench::start().await;
    let writer = Writer::default();
    let event = publish_at(&bench, minute(7), "").await;
    apply_events(&bench.db(), "probes", &writer, &bench.clock, std::slice::from_ref(&event)).await.unwrap();
    let held = list_held(&bench.db(), "probes", "parked", 0).await.unwrap().remove(0);
    assert_eq!(held.envelope.positioned_at, Some(minute(7)));
    assert_ne!(held.envelope.recorded_at, minute(7));
    writer.knows_everything.store(true, Ordering::SeqCst);
    assert!(quittance_events::requeue(&bench.db(), &writer, &held.envelope).await.unwrap());
    assert_eq!(bench.known().await, [minute(7)], "a handler receives when it became known");
}
