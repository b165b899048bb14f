//! Reservations of credit for orders.

use quittance_kernel::ReservationId;
use quittance_proto::creditrisk::v1::{self as pb, reservation_service_server::ReservationService};
use quittance_service::{parse, parse_batch, query};
use tonic::{Request, Response, Status};

use crate::{App, db, ops, wire};

#[tonic::async_trait]
impl ReservationService for App {
    async fn authorize_order(
        &self,
        request: Request<pb::AuthorizeOrderRequest>,
    ) -> Result<Response<pb::Reservation>, Status> {
        self.run_coalesced(parse::<ops::AuthorizeOrder, _>(request)?, wire::reservation).await
    }

    async fn batch_authorize_orders(
        &self,
        request: Request<pb::BatchAuthorizeOrdersRequest>,
    ) -> Result<Response<pb::BatchAuthorizeOrdersResponse>, Status> {
        let calls = parse_batch::<ops::AuthorizeOrder, _, _>(request, |batch| batch.requests)?;
        let results = self.run_batch(calls, wire::reservation).await?;
        let results = results.into_iter().map(|result| {
            let result = match result {
                Ok(reservation) => pb::reservation_result::Result::Reservation(reservation),
                Err(error) => pb::reservation_result::Result::Error(error),
            };
            pb::ReservationResult { result: Some(result) }
        });
        Ok(Response::new(pb::BatchAuthorizeOrdersResponse { results: results.collect() }))
    }

    async fn confirm_reservation(
        &self,
        request: Request<pb::ConfirmReservationRequest>,
    ) -> Result<Response<pb::Reservation>, Status> {
        self.run(parse::<ops::ConfirmReservation, _>(request)?, wire::reservation).await
    }

    async fn release_reservation(
        &self,
        request: Request<pb::ReleaseReservationRequest>,
    ) -> Result<Response<pb::Reservation>, Status> {
        self.run(parse::<ops::ReleaseReservation, _>(request)?, wire::reservation).await
    }

    async fn get_reservation(
        &self,
        request: Request<pb::GetReservationRequest>,
    ) -> Result<Response<pb::Reservation>, Status> {
        let (tenant, id) = query(request)?.id("reservation_id", |r| &r.reservation_id, ReservationId::parse)?;
        let reservation = self.read(tenant, async |tx| db::reservation::find(tx, id).await).await?;
        Ok(Response::new(wire::reservation(&reservation)))
    }

    async fn list_reservations(
        &self,
        request: Request<pb::ListReservationsRequest>,
    ) -> Result<Response<pb::ListReservationsResponse>, Status> {
        Ok(Response::new(self.page_of_reservations(query(request)?).await?))
    }
}
