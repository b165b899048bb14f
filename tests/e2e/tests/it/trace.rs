//! One trace through several processes: the caller's own trace is found again in whoever worked for the call.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::ResourceSpans,
};
use quittance_e2e::{Api, Area, Cluster, Load, Options, request_id, wait_until_read};
use quittance_proto::{
    common::v1::Money,
    payments::v1::{Payment, PaymentMethod, RecordPaymentRequest, payment_service_client::PaymentServiceClient},
};
use tonic::{Request, Response, Status, transport::Server};

/// The caller's trace, in hexadecimal digits as the header has it, and as spans have it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACE_BYTES: [u8; 16] = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();

/// What the caller's tracing system keeps with the trace.
const STATE: &str = "vendor=1";

/// A collector that keeps which services had a part in the caller's trace, and knew what goes with it.
#[derive(Debug, Clone, Default)]
struct Collector(Arc<Mutex<BTreeSet<String>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let names = resources.filter(is_in_trace).filter_map(|resource| service_name(&resource));
        self.0.lock().unwrap().extend(names);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn is_in_trace(resource: &ResourceSpans) -> bool {
    resource
        .scope_spans
        .iter()
        .flat_map(|scope| &scope.spans)
        .any(|span| span.trace_id == TRACE_BYTES && span.trace_state == STATE)
}

fn service_name(resource: &ResourceSpans) -> Option<String> {
    let attributes = &resource.resource.as_ref()?.attributes;
    let name = attributes.iter().find(|attribute| attribute.key == "service.name")?;
    match name.value.as_ref()?.value.as_ref()? {
        Value::StringValue(name) => Some(name.clone()),
        _ => None,
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_one_trace_through_three_processes() {
    let _turn = crate::TURN.lock().await;
    let (collector, otlp) = (Collector::default(), free_address());
    tokio::spawn(Server::builder().add_service(TraceServiceServer::new(collector.clone())).serve(otlp));
    let areas = vec![Area::Invoicing, Area::Payments, Area::Reporting];
    let options = Options { areas, replicas: 1, otlp: Some(format!("http://{otlp}")), programs: None };
    let cluster = Cluster::start(&options).await.unwrap();
    let load = Load::open(&cluster).await.unwrap();
    load.invoice(&mut fastrand::Rng::with_seed(1)).await.unwrap();
    wait_until_read(&load.api).await.unwrap();
    let (number, total) = {
        let model = load.model();
        let invoice = model.invoices.values().next().unwrap();
        (invoice.number.clone(), invoice.total)
    };
    record_payment(&load.api, &number, &total.to_string()).await;

    let expected: BTreeSet<String> =
        ["quittance-invoicing", "quittance-payments", "quittance-reporting"].map(str::to_owned).into();
    for _ in 0..300 {
        if *collector.0.lock().unwrap() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the trace went through {:?} only\n{}", collector.0.lock().unwrap(), cluster.logs());
}

async fn record_payment(api: &Api, number: &str, amount: &str) {
    let payment = Payment {
        amount: Some(Money { currency_code: "EUR".to_owned(), amount: amount.to_owned() }),
        method: PaymentMethod::Transfer.into(),
        text: format!("invoice {number}"),
        ..Payment::default()
    };
    let message = RecordPaymentRequest { request_id: request_id(), payment: Some(payment) };
    let call = |client| {
        let mut request = Request::new(message.clone());
        request.metadata_mut().insert("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap());
        request.metadata_mut().insert("tracestate", STATE.parse().unwrap());
        async move { PaymentServiceClient::new(client).record_payment(request).await }
    };
    api.answered(Area::Payments, "RecordPayment", call).await.unwrap();
}
