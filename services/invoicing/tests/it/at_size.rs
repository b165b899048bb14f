//! A book of some size: what reads all of it takes sums, not lookups one by one.

use quittance_proto::common::v1::VerifyLedgerRequest;
use sqlx::Executor as _;

use crate::setup::Service;

/// Makes 20,000 more invoices like the one there is, 12,000 of them paid.
const GROW: &str = "
    insert into invoice
      (tenant_id, id, customer_id, currency, terms, series_id, rounding_scope, rounding_mode, purchase_order, note, net_total, tax_total, total, state,
       number, payment_reference, issued_on, due_on, issued_at, version, created_at, lines, updated_at)
    select tenant_id, md5(n::text)::uuid, customer_id, currency, terms, series_id, rounding_scope, rounding_mode, purchase_order, note, net_total, tax_total,
      total, state, 'INV-' || lpad((n + 1)::text, 6, '0'), 'R' || n, issued_on, due_on, issued_at, version, created_at, lines, updated_at
    from invoice, generate_series(1, 20000) n;

    insert into open_item (tenant_id, id, customer_id, number, currency, issued_on, due_on, terms, total, settled, discounted, credited, voided, disputed,
      updated_at)
    select tenant_id, md5(n::text)::uuid, customer_id, 'INV-' || lpad((n + 1)::text, 6, '0'), currency, issued_on, due_on, terms, total,
      case when n <= 12000 then total else 0 end, 0, 0, 0, false, updated_at
    from open_item, generate_series(1, 20000) n;

    insert into settlement (tenant_id, allocation_id, item_id, payment_id, amount, currency, effective_on, recorded_at)
    select tenant_id, id, id, id, total, currency, issued_on, now()
    from open_item
    where settled > 0;

    insert into entry (tenant_id, item_id, id, customer_id, kind, amount, currency, effective_on, recorded_at)
    select tenant_id, id, gen_random_uuid(), customer_id, 'invoice', total, currency, issued_on, now()
    from open_item
    where number <> 'INV-000001'
    union all
    select tenant_id, id, gen_random_uuid(), customer_id, 'settlement', -settled, currency, issued_on, now()
    from open_item
    where settled > 0;

    update series set next_number = 20002 where kind = 'invoice';
    analyze";

#[tokio::test]
async fn verification_of_a_large_book_answers_within_its_call() {
    let service = Service::start().await;
    let customer = service.customer().await;
    service.issued(&customer).await;
    service.db.connect_as("quittance_owner").await.execute(GROW).await.unwrap();
    let found = service.items().verify_ledger(VerifyLedgerRequest {}).await.unwrap().into_inner().invariants;
    let found: Vec<_> = found.iter().map(|i| (i.number, i.checked, i.violations)).collect();
    // Open items, their dates, their documents, sums of lines, their parties, numbers of the series, printed numbers; nothing was extended, credited or closed.
    let of_items = (1, 20_001, 0);
    assert_eq!(
        found,
        [of_items, of_items, of_items, (1, 0, 0), of_items, of_items, (6, 20_001, 0), (6, 20_001, 0)]
            .into_iter()
            .chain([(7, 0, 0); 3])
            .chain([(4, 1, 0), (4, 0, 0)])
            .collect::<Vec<_>>()
    );
}
