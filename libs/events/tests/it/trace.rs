//! The trace of a call, through outbox and broker to whom reads the event.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use quittance_db::Tx;
use quittance_events::{Handler, HandlerError, Message, Source, consume, list_held};
use quittance_runtime::{
    Parent, TraceHeaders,
    trace::{self, Trace},
};
use quittance_testkit::wait_until;

use crate::{
    kafka,
    support::{Bench, Probe},
};

/// Keeps the trace that each event is applied in.
#[derive(Debug, Clone, Default)]
struct Witness(Arc<Mutex<Vec<TraceHeaders>>>);

impl Handler for Witness {
    type Event = Probe;

    fn knows(&self, event: &Probe) -> bool {
        !event.text().is_empty()
    }

    async fn apply(&self, _: &mut Tx, run: Vec<Message<Probe>>) -> Result<(), HandlerError> {
        let trace = trace::current().ok_or_else(|| HandlerError::Rejected("no trace".to_owned()))?;
        self.0.lock().unwrap().extend(run.iter().map(|_| trace.headers()));
        Ok(())
    }
}

/// A call that comes with a `tracestate` publishes an event, and one of a kind that its consumer does not know.
async fn publish_in_trace_of_a_call(bench: &Bench) -> Trace {
    let headers = HashMap::from([
        ("traceparent".to_owned(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ("tracestate".to_owned(), "vendor=1,other=2".to_owned()),
    ]);
    let call = Trace::continued(&Parent::extract(&headers));
    trace::scope(call.clone(), bench.publish(&["a"])).await;
    trace::scope(call.clone(), bench.publish(&[""])).await;
    call
}

async fn assert_trace_arrives(bench: &Bench, source: Source) {
    let witness = Witness::default();
    tokio::spawn(consume(bench.db(), source, witness.clone(), bench.clock.clone(), bench.shutdown.clone()));
    let call = publish_in_trace_of_a_call(bench).await.headers();
    wait_until("both events are read", || async {
        witness.0.lock().unwrap().len() == 1 && bench.held().await == (1, 0)
    })
    .await;
    let seen = witness.0.lock().unwrap().remove(0);
    assert_eq!(seen.tracestate.as_deref(), Some("vendor=1,other=2"));
    assert!(seen.traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"), "{}", seen.traceparent);
    assert_ne!(seen.traceparent, call.traceparent, "one step further in");
    let parked = list_held(&bench.db(), "probes", "parked", 0).await.unwrap().remove(0).envelope;
    assert_eq!((parked.traceparent, parked.tracestate), (Some(call.traceparent), call.tracestate));
}

#[tokio::test]
async fn a_calls_trace_arrives_in_one_process() {
    let bench = Bench::start().await;
    assert_trace_arrives(&bench, bench.source().into()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calls_trace_arrives_through_a_broker() {
    let (bench, config) = kafka::bench().await;
    assert_trace_arrives(&bench, kafka::source(&config)).await;
}
