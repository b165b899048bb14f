//! The five services on given databases, behind one server. Nothing runs beside the calls: what is in the databases stays as it is.

use quittance_db::Db;
use quittance_events::Relay;
use quittance_host::Service as _;
use quittance_kernel::Clock;
use quittance_testkit::{TestServer, peer};

/// The database of each service.
pub(crate) struct Databases {
    pub(crate) invoicing: Db,
    pub(crate) payments: Db,
    pub(crate) credit_risk: Db,
    pub(crate) collections: Db,
    pub(crate) reporting: Db,
}

/// Starts all services.
pub(crate) async fn start(databases: Databases, clock: Clock) -> TestServer {
    let Databases { invoicing, payments, credit_risk, collections, reporting } = databases;
    let invoicing = quittance_invoicing::App::new(invoicing, Relay::default(), clock.clone());
    let credit_risk = quittance_credit_risk::App::new(credit_risk, Relay::default(), clock.clone());
    let collections = quittance_collections::App::new(collections, Relay::default(), clock.clone());
    let reporting = quittance_reporting::App::new(reporting, clock.clone());
    let names = [
        quittance_invoicing::App::GRPC,
        quittance_payments::App::GRPC,
        quittance_credit_risk::App::GRPC,
        quittance_collections::App::GRPC,
        quittance_reporting::App::GRPC,
    ]
    .concat();
    TestServer::start(clock.clone(), &names, |address, all| {
        let peer = peer(address, quittance_payments::AREA, &clock);
        let payments = quittance_payments::App::new(payments, Relay::default(), clock.clone(), peer);
        let all = invoicing.add_routes(all);
        let all = payments.add_routes(all);
        let all = credit_risk.add_routes(all);
        let all = collections.add_routes(all);
        reporting.add_routes(all)
    })
    .await
}
