//! The access paths of lists, whose statements are put together from filters and orders.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use quittance_db::{Column, Db, List, Order, Range, Tx, Window, Workload};
use quittance_kernel::TenantId;
use sqlx::migrate::Migrator;

use super::{TENANT, compare, fill, index_columns, walk};
use crate::TestDb;

/// Lists explained in made-up tables, and the file that they are compared with.
#[derive(Debug)]
pub struct ListPlans {
    db: Db,
    indexes: BTreeMap<String, Vec<String>>,
    text: String,
    golden: PathBuf,
    _tables: TestDb,
}

impl ListPlans {
    /// Fills a service's tables; `uneven` as in [`Plans`](super::Plans).
    pub async fn new(
        (service, migrator): (&str, &Migrator),
        workload: Workload,
        uneven: &[(&str, &str)],
        golden: &Path,
    ) -> Self {
        let tables = TestDb::new(service, migrator).await;
        Box::pin(fill(&tables, uneven)).await;
        let db = Db::connect(&tables.logins, 2, workload).await.expect("the database answers");
        let indexes = Box::pin(index_columns(db.system())).await;
        Self { db, indexes, text: String::new(), golden: golden.to_owned(), _tables: tables }
    }

    /// Explains a list.
    pub async fn explain(&mut self, name: &str, list: impl FnOnce(&Tx) -> List) {
        let tenant = TenantId::parse(TENANT).expect("an id");
        let mut tx = self.db.begin_filtered(tenant).await.expect("a transaction begins");
        let plan = list(&tx).plan(&mut tx).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut paths = Vec::new();
        walk(&plan[0]["Plan"], false, &self.indexes, &mut paths);
        paths.sort();
        writeln!(self.text, "{name}").expect("a text is written");
        for path in paths {
            writeln!(self.text, "    {path}").expect("a text is written");
        }
    }

    /// Compares what was explained with the file.
    pub fn finish(self) {
        compare(&self.text, &self.golden);
    }
}

/// The first page of a list in an order.
pub fn first_page(column: Column) -> Window {
    Window { order: Order { column, descending: false }, after: None, limit: 101 }
}

/// A day of which each made-up table has some rows.
pub fn one_day() -> Range<NaiveDate> {
    let day = NaiveDate::from_ymd_opt(2026, 3, 1);
    Range { from: day, to: day }
}

/// A minute in which each made-up table has some rows.
pub fn one_minute() -> Range<DateTime<Utc>> {
    let at = DateTime::from_timestamp(1_767_225_660, 0);
    Range { from: at, to: at.map(|at| at + Duration::minutes(1)) }
}
