//! What a customer owes, in a book of some size.

use quittance_db::Tx;
use quittance_kernel::{Currency, CustomerId, TenantId, parse_date};
use quittance_testkit::{TestDb, now};
use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;

use super::{CustomerQuery, by_customer, of_customer};

/// 5,000 customers with four items and four payments each, a tenth of the items disputed.
fn book(tenant: TenantId) -> String {
    format!(
        "insert into customer select '{tenant}', md5(n::text)::uuid, n::text, 'Customer ' || n from generate_series(1, 5000) n;
         insert into entry
         select '{tenant}', md5('e' || n)::uuid, 'invoice', md5('i' || n)::uuid, md5((n % 5000 + 1)::text)::uuid,
           case when n % 4 = 0 then 'USD' else 'EUR' end, 100 + n % 7, '2026-01-01', '2026-01-01', '2026-01-31', now(), n
         from generate_series(1, 20000) n;
         insert into cash_entry
         select '{tenant}', md5('c' || n)::uuid, md5('p' || n)::uuid, md5((n % 5000 + 1)::text)::uuid, 'EUR', 10, '2026-02-01', now(), n
         from generate_series(1, 20000) n;
         insert into dispute
         select '{tenant}', md5('d' || n)::uuid, md5('i' || n)::uuid, '2026-01-10', null from generate_series(10, 20000, 10) n;
         analyze"
    )
}

/// Rows that were read, of all tables, and are not reported yet.
async fn rows_read(tx: &mut Tx) -> i64 {
    let query =
        "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint from pg_stat_xact_user_tables";
    sqlx::query_scalar(query).fetch_one(&mut **tx).await.unwrap()
}

#[tokio::test]
async fn a_customers_balance_is_looked_up_and_equals_the_list() {
    let db = TestDb::new("reporting", &<crate::App as quittance_host::Service>::migrator()).await;
    let tenant = TenantId::at(now());
    db.connect_as("quittance_owner").await.execute(AssertSqlSafe(book(tenant))).await.unwrap();
    let on = parse_date("2026-03-02").unwrap();
    let mut tx = db.db.begin_sums(tenant).await.unwrap();
    let mut listed = Vec::new();
    for currency in [Currency::EUR, Currency::USD] {
        let query = CustomerQuery { on, currency, after: None, limit: i64::MAX };
        let rows = by_customer(&mut tx, &query).await.unwrap();
        listed.extend(rows.into_iter().map(|row| (currency.code().to_owned(), row)));
    }
    tx.commit().await.unwrap();
    // As often as it takes until a plan for any customer is tried, with the planner's choice and without it.
    for number in 1..=12 {
        for is_free in [true, false] {
            let tx = if is_free { db.db.begin_sums(tenant).await } else { db.db.begin(tenant).await };
            let mut tx = tx.unwrap();
            if is_free {
                tx.execute("set local plan_cache_mode = auto").await.unwrap();
            }
            let id = sqlx::query_scalar("select md5($1)::uuid").bind(number.to_string());
            let id: Uuid = id.fetch_one(&mut *tx).await.unwrap();
            let before = rows_read(&mut tx).await;
            let balances = of_customer(&mut tx, CustomerId::new(id), on).await.unwrap();
            let read = rows_read(&mut tx).await - before;
            assert!(read < 30, "{read} rows");
            assert!(!balances.is_empty());
            let expected: Vec<_> = listed.iter().filter(|(_, row)| row.id == id).collect();
            assert_eq!(format!("{balances:?}"), format!("{expected:?}"));
        }
    }
}
