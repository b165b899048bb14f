//! Lists: filters and orders of requests, and their pages.

use quittance_db::Tx;
use quittance_grpc::{currency, filter_ids, filter_line, filter_values, time_range};
use quittance_kernel::CustomerId;
use quittance_proto::creditrisk::v1 as pb;
use quittance_service::{Query, read_places};
use tonic::Status;

use crate::{App, Error, db, wire};

/// The label of a state.
const fn state_label(state: pb::ReservationState) -> Option<&'static str> {
    match state {
        pb::ReservationState::Unspecified => None,
        pb::ReservationState::Active => Some("active"),
        pb::ReservationState::Confirmed => Some("confirmed"),
        pb::ReservationState::Released => Some("released"),
        pb::ReservationState::Expired => Some("expired"),
        pb::ReservationState::Invoiced => Some("invoiced"),
    }
}

impl App {
    /// A page of profiles.
    pub(super) async fn page_of_profiles(
        &self,
        mut query: Query<pb::ListProfilesRequest>,
    ) -> Result<pb::ListProfilesResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::profile::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let code = &request.currency_code;
        let in_currency = if code.is_empty() { Ok(None) } else { currency(code).map(Some) };
        let in_currency = bad.check("currency_code", in_currency);
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        let checked = customers.zip(in_currency).zip(updated_at).zip(page);
        let (((customers, currency), updated_at), (page, window)) = bad.into_result(checked)?;
        let filter = db::profile::Filter { customers, currency, updated_at };
        let read = async |tx: &mut Tx| {
            let places = db::profile::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let profiles = db::profile::find_all(tx, ids).await?;
                Ok::<_, Error>(profiles.iter().map(|found| (found.id.uuid(), wire::profile(found))).collect())
            })
            .await
        };
        let (profiles, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListProfilesResponse { profiles, next_page_token })
    }

    /// A page of reservations.
    pub(super) async fn page_of_reservations(
        &self,
        mut query: Query<pb::ListReservationsRequest>,
    ) -> Result<pb::ListReservationsResponse, Status> {
        let page = query.changes_page(|r| (&r.order_by, r.update_time.is_some()), &db::reservation::ORDERS);
        let Query { tenant, request, mut bad } = query;
        let customers = filter_ids(&mut bad, "customer_ids", &request.customer_ids, CustomerId::parse);
        let states = filter_values(&mut bad, "states", request.states(), state_label);
        let order_reference = bad.check("order_reference", filter_line(&request.order_reference, 100));
        let updated_at = bad.within("update_time", time_range(request.update_time.as_ref()));
        let checked = customers.zip(states).zip(order_reference).zip(updated_at).zip(page);
        let ((((customers, states), order_reference), updated_at), (page, window)) = bad.into_result(checked)?;
        let filter = db::reservation::Filter { customers, states, order_reference, updated_at };
        let read = async |tx: &mut Tx| {
            let places = db::reservation::list(tx, filter, window).await?;
            read_places(tx, &page, &places, async |tx, ids| {
                let ids: Vec<_> = ids.iter().copied().map(quittance_kernel::ReservationId::new).collect();
                let reservations = db::reservation::find_all(tx, &ids).await?;
                Ok::<_, Error>(reservations.iter().map(|found| (found.id.uuid(), wire::reservation(found))).collect())
            })
            .await
        };
        let (reservations, next_page_token) = self.read_list(tenant, read).await?;
        Ok(pb::ListReservationsResponse { reservations, next_page_token })
    }
}
