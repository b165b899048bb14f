//! The plan of a date, which a preview returns and a run records.

use chrono::NaiveDate;
use quittance_db::Tx;
use quittance_kernel::{CustomerId, StrategyId, TenantId};
use quittance_runtime::blocking;
use quittance_service::CommonError;

use crate::{
    App, Error, db,
    domain::{PlannedReminder, Rendered, plan, template::Seller},
};

/// The reminders due on a date.
pub(crate) struct Plan {
    /// The strategy used.
    pub(crate) strategy: StrategyId,
    /// The seller, as it is now.
    pub(crate) seller: Seller,
    /// The reminders, by customer, then by currency.
    pub(crate) reminders: Vec<PlannedReminder>,
    /// The position of invoicing's events it is based on.
    pub(crate) position: i64,
}

/// Plans for a date by the given strategy, or the default.
pub(super) async fn plan_for(tx: &mut Tx, strategy: Option<StrategyId>, as_of: NaiveDate) -> Result<Plan, Error> {
    let found = match strategy {
        Some(id) => db::strategy::find(tx, id).await?,
        None => db::strategy::find_default(tx).await?,
    };
    let candidates = db::dunning::candidates(tx, &found, as_of).await?;
    let mut customers: Vec<CustomerId> = candidates.items.iter().map(|item| item.customer).collect();
    customers.sort_unstable();
    customers.dedup();
    let customers = db::projection::find_customers(tx, &customers).await?;
    let reminders = plan(as_of, &found, &candidates.items, &customers)?;
    let tenant = tx.tenant();
    let seller = db::projection::find_tenant(tx).await?.ok_or(CommonError::TenantNotFound(tenant))?.seller;
    Ok(Plan { strategy: found.id, seller, reminders, position: candidates.position })
}

/// Renders the reminder.
pub(super) fn render(planned: &PlannedReminder, seller: &Seller) -> Result<Rendered, Error> {
    planned.render(seller).map_err(|error| Error::Template { customer: planned.customer, error })
}

/// Reminders that a run would record, after a customer and currency code, with their texts: at most `limit`.
pub(crate) async fn preview_dunning(
    app: &App,
    tenant: TenantId,
    strategy: Option<StrategyId>,
    as_of: NaiveDate,
    after: Option<(CustomerId, &str)>,
    limit: usize,
) -> Result<Vec<(PlannedReminder, Rendered)>, Error> {
    app.settings_of(tenant).await?;
    let mut tx = app.db().begin(tenant).await?;
    let plan = plan_for(&mut tx, strategy, as_of).await?;
    tx.commit().await?;
    let is_next = |planned: &PlannedReminder| {
        after.is_none_or(|after| (planned.customer, planned.total.currency().code()) > after)
    };
    let page: Vec<PlannedReminder> = plan.reminders.into_iter().filter(is_next).take(limit).collect();
    let rendered = page.into_iter().map(move |planned| {
        let rendered = render(&planned, &plan.seller)?;
        Ok((planned, rendered))
    });
    blocking(|| rendered.collect()).await
}
