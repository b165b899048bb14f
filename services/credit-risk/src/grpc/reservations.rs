//! Reservations of credit for orders.

use quittance_grpc::optional_id;
use quittance_kernel::{CustomerId, ReservationId};
use quittance_proto::creditrisk::v1::{self as pb, reservation_service_server::ReservationService};
use quittance_service::{Query, parse, parse_batch, query};
use tonic::{Request, Response, Status};

use crate::{App, db, ops, wire};

/// The label of the state to list; `None` for all.
fn state_label(state: pb::ReservationState) -> Option<&'static str> {
    match state {
        pb::ReservationState::Unspecified => None,
        pb::ReservationState::Active => Some("active"),
        pb::ReservationState::Confirmed => Some("confirmed"),
        pb::ReservationState::Released => Some("released"),
        pb::ReservationState::Expired => Some("expired"),
        pb::ReservationState::Invoiced => Some("invoiced"),
    }
}

#[tonic::async_trait]
impl ReservationService for App {
    async fn authorize(&self, request: Request<pb::AuthorizeRequest>) -> Result<Response<pb::Reservation>, Status> {
        self.run_coalesced(parse::<ops::Authorize, _>(request)?, wire::reservation).await
    }

    async fn batch_authorize(
        &self,
        request: Request<pb::BatchAuthorizeRequest>,
    ) -> Result<Response<pb::BatchAuthorizeResponse>, Status> {
        let calls = parse_batch::<ops::Authorize, _, _>(request, |batch| batch.requests)?;
        let results = self.run_batch(calls, wire::reservation).await?;
        let results = results.into_iter().map(|result| {
            let result = match result {
                Ok(reservation) => pb::reservation_result::Result::Reservation(reservation),
                Err(error) => pb::reservation_result::Result::Error(error),
            };
            pb::ReservationResult { result: Some(result) }
        });
        Ok(Response::new(pb::BatchAuthorizeResponse { results: results.collect() }))
    }

    async fn confirm(&self, request: Request<pb::ConfirmRequest>) -> Result<Response<pb::Reservation>, Status> {
        self.run(parse::<ops::Confirm, _>(request)?, wire::reservation).await
    }

    async fn release(&self, request: Request<pb::ReleaseRequest>) -> Result<Response<pb::Reservation>, Status> {
        self.run(parse::<ops::Release, _>(request)?, wire::reservation).await
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
        let mut query = query(request)?;
        let page = query.page();
        let Query { tenant, request, mut bad } = query;
        let customer = bad.check("customer_id", optional_id(&request.customer_id, CustomerId::parse));
        let state = state_label(request.state());
        let (customer, page) = bad.into_result(customer.zip(page))?;
        let after = page.after_id(ReservationId::parse)?;
        let reservations = self
            .read_list(tenant, async |tx| db::reservation::list(tx, customer, state, after, page.limit()).await)
            .await?;
        let reservations = reservations.iter().map(wire::reservation).collect();
        let (reservations, next_page_token) =
            page.cut(reservations, |reservation| vec![reservation.reservation_id.clone()]);
        Ok(Response::new(pb::ListReservationsResponse { reservations, next_page_token }))
    }
}
