//! Credit set aside for orders.

use quittance_grpc::{MAX_BATCH, Page, Violations, batch, optional_id, page_size, parse, tenant};
use quittance_kernel::{CustomerId, ReservationId};
use quittance_proto::creditrisk::v1::{self as pb, reservation_service_server::ReservationService};
use tonic::{Request, Response, Status};

use super::{Door, named};
use crate::{Error, db, ops, wire};

/// The label of the states that a list shows; `None`: all.
fn state_label(value: i32) -> Result<Option<&'static str>, (&'static str, String)> {
    let state = pb::ReservationState::try_from(value)
        .map_err(|_| ("STATE_UNKNOWN", "is no state of a reservation".to_owned()))?;
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
impl ReservationService for Door {
    async fn authorize(&self, request: Request<pb::AuthorizeRequest>) -> Result<Response<pb::Reservation>, Status> {
        let (tenant, command) = parse::<ops::Authorize, _>(request)?;
        Ok(Response::new(super::only(ops::authorize(&self.0, tenant, vec![command], wire::reservation).await)?))
    }

    async fn batch_authorize(
        &self,
        request: Request<pb::BatchAuthorizeRequest>,
    ) -> Result<Response<pb::BatchAuthorizeResponse>, Status> {
        let tenant = tenant(&request)?;
        let entries = request.into_inner().requests;
        let results =
            batch(entries, MAX_BATCH, |commands| ops::authorize(&self.0, tenant, commands, wire::reservation)).await?;
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
        let (tenant, command) = parse::<ops::Confirm, _>(request)?;
        Ok(Response::new(ops::confirm(&self.0, tenant, command, wire::reservation).await?))
    }

    async fn release(&self, request: Request<pb::ReleaseRequest>) -> Result<Response<pb::Reservation>, Status> {
        let (tenant, command) = parse::<ops::Release, _>(request)?;
        Ok(Response::new(ops::release(&self.0, tenant, command, wire::reservation).await?))
    }

    async fn get_reservation(
        &self,
        request: Request<pb::GetReservationRequest>,
    ) -> Result<Response<pb::Reservation>, Status> {
        let id = named("reservation_id", &request.get_ref().reservation_id, ReservationId::parse)?;
        let mut tx = self.0.db().begin(tenant(&request)?).await.map_err(Error::from)?;
        let found = db::reservation::find_all(&mut tx, &[id]).await.map_err(Error::from)?.pop();
        tx.commit().await.map_err(Error::from)?;
        Ok(Response::new(wire::reservation(&found.ok_or(Error::ReservationNotFound(id))?)))
    }

    async fn list_reservations(
        &self,
        request: Request<pb::ListReservationsRequest>,
    ) -> Result<Response<pb::ListReservationsResponse>, Status> {
        let tenant = tenant(&request)?;
        let asked = request.into_inner();
        let mut bad = Violations::default();
        let customer = bad.check("customer_id", optional_id(&asked.customer_id, CustomerId::parse));
        let state = bad.check("state", state_label(asked.state));
        let query = ["reservations", asked.customer_id.as_str(), state.flatten().unwrap_or_default()];
        let page = bad.within("", Page::read(page_size(asked.page_size), &asked.page_token, &query));
        let ((customer, state), page) = bad.into_result(customer.zip(state).zip(page))?;
        let after = super::after(&page, ReservationId::parse)?;
        let mut tx = self.0.db().begin_filtered(tenant).await.map_err(Error::from)?;
        let reservations =
            db::reservation::list(&mut tx, customer, state, after, page.limit()).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        let (reservations, next_page_token) = page.cut(reservations, |reservation| vec![reservation.id.to_string()]);
        Ok(Response::new(pb::ListReservationsResponse {
            reservations: reservations.iter().map(wire::reservation).collect(),
            next_page_token,
        }))
    }
}
