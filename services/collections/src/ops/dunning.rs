//! The plan of a date, which a preview returns and a run records.

use chrono::NaiveDate;
use quittance_db::Tx;
use quittance_kernel::{CustomerId, StrategyId, TenantId};
use quittance_runtime::blocking;
use quittance_service::CommonError;

use crate::{
    App, Error, db,
    domain::{ItemView, PlannedReminder, Rendered, Strategy, plan, template::Seller},
};

/// How many customers of a preview are planned at once.
const AT_ONCE: usize = 200;

/// The reminders due on a date to some customers.
pub(crate) struct Plan {
    /// The seller, as it is now.
    pub(crate) seller: Seller,
    /// The reminders of each customer by currency, or why they cannot be planned, by customer. Customers without due items are left out.
    pub(crate) customers: Vec<(CustomerId, Result<Vec<PlannedReminder>, Error>)>,
}

/// What a run would do for a customer in a currency.
pub(crate) struct Previewed {
    pub(crate) customer: CustomerId,
    /// `None` if it cannot be planned.
    pub(crate) planned: Option<PlannedReminder>,
    /// The text, or why the run would fail.
    pub(crate) rendered: Result<Rendered, Error>,
}

/// Its place in a preview.
fn key(customer: CustomerId, planned: Option<&PlannedReminder>) -> (CustomerId, &'static str) {
    (customer, planned.map_or("", |planned| planned.total.currency().code()))
}

/// The given strategy, or the default.
pub(super) async fn find_strategy(tx: &mut Tx, strategy: Option<StrategyId>) -> Result<Strategy, Error> {
    match strategy {
        Some(id) => db::strategy::find(tx, id).await,
        None => db::strategy::find_default(tx).await,
    }
}

/// Plans for a date by a strategy.
pub(super) async fn plan_for(
    tx: &mut Tx,
    strategy: &Strategy,
    as_of: NaiveDate,
    customers: &[CustomerId],
) -> Result<Plan, Error> {
    let candidates = db::dunning::candidates(tx, strategy, as_of, customers).await?;
    let known = db::projection::find_customers(tx, customers).await?;
    let of_customers = candidates.chunk_by(|one, next| one.customer == next.customer);
    let customers = of_customers.filter_map(|items: &[ItemView]| {
        let customer = items.first()?.customer;
        Some((customer, plan(as_of, strategy, items, &known).map_err(Error::from)))
    });
    let customers = customers.collect();
    let tenant = tx.tenant();
    let seller = db::projection::find_tenant(tx).await?.ok_or(CommonError::TenantNotFound(tenant))?.seller;
    Ok(Plan { seller, customers })
}

/// Renders the reminder.
pub(super) fn render(planned: &PlannedReminder, seller: &Seller) -> Result<Rendered, Error> {
    planned.render(seller).map_err(|error| Error::Template { customer: planned.customer, error })
}

/// Reminders that a run would record or fail to, after a customer and currency code, with their texts: at most `limit`.
pub(crate) async fn preview_dunning(
    app: &App,
    tenant: TenantId,
    strategy: Option<StrategyId>,
    as_of: NaiveDate,
    after: Option<(CustomerId, &str)>,
    limit: usize,
) -> Result<Vec<Previewed>, Error> {
    app.settings_of(tenant).await?;
    let mut tx = app.db().begin(tenant).await?;
    let strategy = find_strategy(&mut tx, strategy).await?;
    let mut due = db::dunning::customers_due(&mut tx, &strategy, as_of).await?;
    due.retain(|customer| after.is_none_or(|(after, _)| *customer >= after));
    let mut previewed = Vec::new();
    for customers in due.chunks(limit.clamp(1, AT_ONCE)) {
        let Plan { seller, customers } = plan_for(&mut tx, &strategy, as_of, customers).await?;
        let mut page: Vec<(CustomerId, Result<PlannedReminder, Error>)> = Vec::new();
        for (customer, planned) in customers {
            match planned {
                Ok(planned) => page.extend(planned.into_iter().map(|planned| (customer, Ok(planned)))),
                Err(error) => page.push((customer, Err(error))),
            }
        }
        page.retain(|(customer, planned)| after.is_none_or(|after| key(*customer, planned.as_ref().ok()) > after));
        page.truncate(limit - previewed.len());
        let rendered = page.into_iter().map(move |(customer, planned)| match planned {
            Ok(planned) => {
                let rendered = render(&planned, &seller);
                Previewed { customer, planned: Some(planned), rendered }
            }
            Err(error) => Previewed { customer, planned: None, rendered: Err(error) },
        });
        previewed.extend(blocking(|| rendered.collect::<Vec<_>>()).await);
        if previewed.len() >= limit {
            break;
        }
    }
    tx.commit().await?;
    Ok(previewed)
}

#[cfg(test)]
#[path = "dunning_tests.rs"]
mod tests;
