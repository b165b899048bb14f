//! Reservations of credit for orders.

use quittance_grpc::{Page, Violations, optional_id, page_size};
use quittance_kernel::{CustomerId, ReservationId};
use quittance_proto::creditrisk::v1::{self as pb, reservation_service_server::ReservationService};
use quittance_service::{parse, parse_batch, tenant};
use tonic::{Request, Response, Status};

use super::named;
use crate::{App, db, ops, wire};

/// The label of the state to list; `None` for all.
fn state_label(value: i32) -> Result<Option<&'static str>, (&'static str, String)> {
    let state = pb::ReservationState::try_from(value)
        .map_err(|_| ("STATE_UNKNOWN", "is not a state of a reservation".to_owned()))?;
    Ok(match state {
        pb::ReservationState::Unspecified => None,
        pb::ReservationState::Active => Some("active"),
        pb::ReservationState::Confirmed => Some("confirmed"),
        pb::ReservationState::Released => Some("released"),
        pb::ReservationState::Expired => Some("expired"),
        pb::ReservationState::Invoiced => Some("invoiced"),
    })
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
        let id = named("reservation_id", &request.get_ref().reservation_id, ReservationId::parse)?;
        let reservation = self.read(tenant(&request)?, async |tx| db::reservation::find(tx, id).await).await?;
        Ok(Response::new(wire::reservation(&reservation)))
    }

    async fn list_reservations(
        &self,
        request: Request<pb::ListReservationsRequest>,
    ) -> Result<Response<pb::ListReservationsResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let mut bad = Violations::default();
        let customer = bad.check("customer_id", optional_id(&request.customer_id, CustomerId::parse));
        let state = bad.check("state", state_label(request.state));
        let query = ["reservations", request.customer_id.as_str(), state.flatten().unwrap_or_default()];
        let page = bad.within("", Page::read(page_size(request.page_size), &request.page_token, &query));
        let ((customer, state), page) = bad.into_result(customer.zip(state).zip(page))?;
        let after = super::after(&page, ReservationId::parse)?;
        let reservations = self
            .read_list(tenant, async |tx| db::reservation::list(tx, customer, state, after, page.limit()).await)
            .await?;
        let (reservations, next_page_token) = page.cut(reservations, |reservation| vec![reservation.id.to_string()]);
        Ok(Response::new(pb::ListReservationsResponse {
            reservations: reservations.iter().map(wire::reservation).collect(),
            next_page_token,
        }))
    }
}
