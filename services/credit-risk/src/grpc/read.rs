//! Messages as commands, with all violations.

use quittance_grpc::{Mask, Violations, id, message, money, optional_text, positive_money, text, whole_seconds};
use quittance_kernel::{CustomerId, Money, ProfileId, ReservationId};
use quittance_proto::{common::v1 as common, creditrisk::v1 as pb};
use quittance_service::Etag;

use crate::{
    domain::{DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS, NewProfile, Order, ProfileChange},
    ops::{AuthorizeOrder, ConfirmReservation, CreateProfile, DeleteProfile, ReleaseReservation, UpdateProfile},
};

/// The longest note, in characters.
const MAX_NOTE: usize = 4_000;
/// The longest reference of an order, in characters.
const MAX_REFERENCE: usize = 200;

fn limit(value: Option<&common::Money>) -> Result<Money, (&'static str, String)> {
    let limit = money(value)?;
    if limit.is_negative() { Err(("LIMIT_NEGATIVE", "must be zero or more".to_owned())) } else { Ok(limit) }
}

impl TryFrom<pb::CreateProfileRequest> for CreateProfile {
    type Error = Violations;

    fn try_from(request: pb::CreateProfileRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let profile = bad.check("profile", message(request.profile));
        let new = profile.and_then(|profile| {
            let customer = bad.check("profile.customer_id", id(&profile.customer_id, CustomerId::parse));
            let limit = bad.check("profile.limit", limit(profile.limit.as_ref()));
            let note = bad.check("profile.note", optional_text(&profile.note, MAX_NOTE));
            customer.zip(limit).zip(note).map(|((customer, limit), note)| NewProfile { customer, limit, note })
        });
        bad.into_result(new.map(|new| Self { new }))
    }
}

impl TryFrom<pb::UpdateProfileRequest> for UpdateProfile {
    type Error = Violations;

    fn try_from(request: pb::UpdateProfileRequest) -> Result<Self, Violations> {
        const FIELDS: &[&str] = &["limit", "note"];
        let mut bad = Violations::default();
        let mask = Mask::of(request.update_mask, request.profile.as_ref(), FIELDS);
        let mask = bad.check("update_mask", mask).unwrap_or_default();
        let profile = bad.check("profile", message(request.profile)).unwrap_or_default();
        let id = bad.check("profile.profile_id", id(&profile.profile_id, ProfileId::parse));
        let mut change = ProfileChange::default();
        if mask.names("limit") {
            change.limit = bad.check("profile.limit", limit(profile.limit.as_ref()));
        }
        if mask.names("note") {
            change.note = bad.check("profile.note", optional_text(&profile.note, MAX_NOTE));
        }
        let etag = Etag::new(profile.etag);
        bad.into_result(id.map(|profile| Self { profile, etag, change }))
    }
}

impl TryFrom<pb::DeleteProfileRequest> for DeleteProfile {
    type Error = Violations;

    fn try_from(request: pb::DeleteProfileRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("profile_id", id(&request.profile_id, ProfileId::parse));
        let etag = Etag::new(request.etag);
        bad.into_result(id.map(|profile| Self { profile, etag }))
    }
}

impl TryFrom<pb::AuthorizeOrderRequest> for AuthorizeOrder {
    type Error = Violations;

    fn try_from(request: pb::AuthorizeOrderRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let customer = bad.check("customer_id", id(&request.customer_id, CustomerId::parse));
        let amount = bad.check("amount", positive_money(request.amount.as_ref()));
        let reference = bad.check("order_reference", text(&request.order_reference, MAX_REFERENCE));
        let time_to_live =
            whole_seconds(request.time_to_live, MAX_TTL_SECONDS).map_err(|why| ("TTL_OUT_OF_RANGE", why));
        let ttl_seconds = bad.check("time_to_live", time_to_live).map(|seconds| seconds.unwrap_or(DEFAULT_TTL_SECONDS));
        let order = customer.zip(amount).zip(reference.zip(ttl_seconds));
        let order = order.map(|((customer, amount), (reference, ttl_seconds))| Order {
            customer,
            amount,
            reference,
            ttl_seconds,
        });
        bad.into_result(order.map(|order| Self { order }))
    }
}

impl TryFrom<pb::ConfirmReservationRequest> for ConfirmReservation {
    type Error = Violations;

    fn try_from(request: pb::ConfirmReservationRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("reservation_id", id(&request.reservation_id, ReservationId::parse));
        bad.into_result(id.map(|reservation| Self { reservation }))
    }
}

impl TryFrom<pb::ReleaseReservationRequest> for ReleaseReservation {
    type Error = Violations;

    fn try_from(request: pb::ReleaseReservationRequest) -> Result<Self, Violations> {
        let mut bad = Violations::default();
        let id = bad.check("reservation_id", id(&request.reservation_id, ReservationId::parse));
        bad.into_result(id.map(|reservation| Self { reservation }))
    }
}
