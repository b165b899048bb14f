//! `quittance demo`: a generated year of a mid-sized seller's receivables through the public APIs, and a summary for a credit manager.

mod plan;
mod post;
mod show;

use quittance_kernel::{Clock, TenantId};

use crate::{api::Api, up::PrivateSuite};

/// Runs the year in a temporary private suite. Fails if an invariant does not hold.
pub(crate) async fn run(seed: u64, customers: u32) -> anyhow::Result<()> {
    let clock = Clock::system();
    let today = clock.today(chrono_tz::Europe::Berlin);
    let year = plan::draw(seed, customers, today);
    println!(
        "A year to {today}: {} customers, {} invoices, {} payments, drawn from seed {seed}",
        year.customers.len(),
        year.invoices.len(),
        year.invoices.iter().map(|invoice| invoice.payments.len()).sum::<usize>() + year.strangers.len(),
    );
    let tenant = TenantId::at(clock.now());
    PrivateSuite::run_scratch(async |suite| in_suite(suite, &year, tenant).await).await
}

async fn in_suite(suite: &PrivateSuite, year: &plan::Year, tenant: TenantId) -> anyhow::Result<()> {
    let mut api = Api::connect(suite.address(), &suite.token()?, tenant)?;
    let started = std::time::Instant::now();
    let posted = post::post(&mut api, year).await?;
    api.wait_for_everything().await?;
    println!("posted through the APIs in {:.1} s", started.elapsed().as_secs_f64());
    show::show(&mut api, year, &posted).await?;
    crate::verify::print(&mut api).await
}
