//! What a migration makes of a filled database.

use quittance_proto::invoicing::v1 as pb;
use quittance_testkit::request_id;

use crate::setup::{Service, amount, create, eur};

/// The rule comes to a database that breaks it already: nothing is renumbered, and the first document keeps the number to itself.
#[tokio::test]
async fn the_rule_of_numbers_comes_to_a_filled_database() {
    use sqlx::Executor as _;
    let service = Service::start().await;
    let customer = service.customer().await;
    for _ in 0..3 {
        service.issued(&customer).await;
    }
    let before = "alter table invoice drop column shares_number;
        alter table credit_note drop column shares_number;
        update invoice set number = 'INV-000001', payment_reference = (select payment_reference from invoice where number = 'INV-000001'),
          series_id = md5(number)::uuid
        where number <> 'INV-000001'";
    let mut owner = service.db.connect_as("quittance_owner").await;
    owner.execute(before).await.unwrap();
    owner.execute(include_str!("../../migrations/1005_numbers.sql")).await.unwrap();
    let marked = "select count(*) filter (where shares_number), count(*) from invoice where number = 'INV-000001'";
    let counts: (i64, i64) = sqlx::query_as(marked).fetch_one(&mut owner).await.unwrap();
    assert_eq!(counts, (2, 3));
    assert_eq!(service.issued(&customer).await.number, "INV-000004");
}

/// Lines that were rows become one value of their invoice, each number with all its digits.
#[tokio::test]
async fn lines_that_were_rows_are_carried_forward() {
    use sqlx::Executor as _;
    let service = Service::start().await;
    let customer = service.customer().await;
    let draft = service.invoices().create_invoice(create(&customer)).await.unwrap().into_inner();
    let issued = service.issued(&customer).await;
    let before = "create table invoice_line (tenant_id uuid, invoice_id uuid, place int, description text, quantity numeric, unit text,
          unit_price numeric, tax_category text, tax_rate numeric, net numeric);
        select protect_tenant_table('invoice_line', 'select, insert, delete');
        alter table invoice_line no force row level security;
        alter table invoice no force row level security;
        insert into invoice_line
        select tenant_id, id, place, line ->> 'description', (line ->> 'quantity')::numeric, line ->> 'unit', (line ->> 'unit_price')::numeric,
          line ->> 'tax_category', (line ->> 'tax_rate')::numeric, (line ->> 'net')::numeric
        from invoice, json_array_elements(lines) with ordinality as l (line, place);
        alter table invoice_line force row level security;
        alter table invoice force row level security;
        alter table invoice drop column lines;
        drop index invoice_external_number_key;
        drop index invoice_by_shared_number;
        drop index invoice_not_issued;
        drop index credit_note_by_customer;
        alter table invoice add constraint invoice_number_key unique (tenant_id, series_id, number);
        alter table invoice add constraint invoice_external_number_key unique (tenant_id, external_number);
        create index invoice_by_number on invoice (tenant_id, number text_pattern_ops);
        alter table credit_note add constraint credit_note_number_key unique (tenant_id, series_id, number)";
    let mut owner = service.db.connect_as("quittance_owner").await;
    owner.execute(before).await.unwrap();
    owner.execute(include_str!("../../migrations/1006_lines.sql")).await.unwrap();
    for invoice in [draft, issued] {
        let get = pb::GetInvoiceRequest { invoice_id: invoice.invoice_id.clone() };
        assert_eq!(service.invoices().get_invoice(get).await.unwrap().into_inner(), invoice);
    }
    service.assert_ledger().await;
}

/// Credit notes of before were applied whole: their credits say so, and are used up.
#[tokio::test]
async fn credit_notes_of_before_become_credits() {
    use sqlx::Executor as _;
    let service = Service::start().await;
    let customer = service.customer().await;
    let mut credits = Vec::new();
    for part in [Some("20"), None] {
        let request = pb::CreditInvoiceRequest {
            request_id: request_id(),
            invoice_id: service.issued(&customer).await.invoice_id,
            reason: pb::CreditReason::Tax.into(),
            amount: part.and_then(eur),
            ..Default::default()
        };
        credits.push(service.credit_notes().credit_invoice(request).await.unwrap().into_inner().credit.unwrap());
    }
    let before = "drop table customer_credit_entry;
        drop table customer_credit;
        alter table entry no force row level security;
        update entry set source_kind = null, source_id = null where amount = -20;
        alter table entry force row level security";
    let mut owner = service.db.connect_as("quittance_owner").await;
    owner.execute(before).await.unwrap();
    owner.execute(include_str!("../../migrations/1050_customer_credits.sql")).await.unwrap();
    for credit in credits {
        let get = pb::GetCreditRequest { credit_id: credit.credit_id.clone() };
        assert_eq!(service.customer_credits().get_credit(get).await.unwrap().into_inner(), credit);
        let list = pb::ListCreditEntriesRequest { credit_id: credit.credit_id, ..Default::default() };
        let entries = service.customer_credits().list_credit_entries(list).await.unwrap().into_inner().entries;
        let kinds: Vec<_> = entries.iter().map(pb::CreditEntry::kind).collect();
        assert_eq!(kinds, [pb::CreditEntryKind::Issued, pb::CreditEntryKind::Applied]);
        assert_eq!(format!("-{}", amount(&credit.applied)), amount(&entries[1].amount));
    }
    service.assert_ledger().await;
}
