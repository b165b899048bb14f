//! Lists of payments.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{AmountRange, Column, DbError, List, Place, Range, Tx, Window};
use quittance_kernel::CustomerId;

use crate::domain::Method;

/// The filters of a list of payments.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only those with unapplied money.
    pub(crate) unapplied_only: bool,
    /// Only by these methods; all if there are none.
    pub(crate) methods: Vec<Method>,
    /// Only the one with this external reference.
    pub(crate) external_reference: Option<String>,
    /// Only those received on these dates.
    pub(crate) received_on: Range<NaiveDate>,
    /// Only those of such an amount.
    pub(crate) amount: Option<AmountRange>,
    /// Only those with all of these entries in their metadata.
    pub(crate) metadata: BTreeMap<String, String>,
    /// Only those changed in this time.
    pub(crate) updated_at: Range<DateTime<Utc>>,
}

/// The orders of a list of payments.
pub(crate) const ORDERS: [(&str, Column); 3] = [
    ("record_time", Column::Id),
    ("update_time", Column::Time("updated_at")),
    ("received_on", Column::Date("received_on")),
];

/// Where the payments of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, "payment", ["tenant_id", "id"], window);
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    if filter.unapplied_only {
        list.only("has_unapplied");
    }
    list.any("method", filter.methods.into_iter().map(Method::label).collect());
    list.compare("external_reference = ", filter.external_reference);
    list.metadata("payment", filter.metadata);
    list.within(["received_on >= ", "received_on <= "], filter.received_on);
    if let Some(AmountRange { currency, amounts }) = filter.amount {
        list.compare("currency = ", Some(currency.code()));
        list.within(["amount >= ", "amount <= "], amounts);
    }
    list.within(["updated_at >= ", "updated_at < "], filter.updated_at);
    list
}
