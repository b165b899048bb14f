-- An invoice's lines are written and read as a whole and never one by one: they are one value of its row, as they were written, instead of a row each.
-- Installations have no older version running beside this one yet: the table they were in goes with it.
alter table invoice add column lines json;

-- The owner is held to the policies of tenants too, which show it nothing.
alter table invoice no force row level security;
alter table invoice_line no force row level security;
update invoice i
set lines = l.lines
from (
  select tenant_id, invoice_id,
    json_agg(json_build_object('description', description, 'quantity', quantity::text, 'unit', unit, 'unit_price', unit_price::text,
      'tax_category', tax_category, 'tax_rate', tax_rate::text, 'net', net::text) order by place) as lines
  from invoice_line
  group by tenant_id, invoice_id
) l
where l.tenant_id = i.tenant_id and l.invoice_id = i.id;
alter table invoice force row level security;

alter table invoice alter column lines set not null;
drop table invoice_line;

-- A printed number is unique, so it is in its series too; and the index that says so serves searches by its beginning. Row-level security lets an index answer
-- comparisons that cannot leak what they compare (`proleakproof`), which `like` is not: a search is for a range of texts in the order of their bytes.
alter table invoice drop constraint invoice_number_key;
alter table invoice drop constraint invoice_external_number_key;
drop index invoice_by_number;
drop index invoice_printed_number_key;
drop index invoice_payment_reference_key;
create unique index invoice_printed_number_key on invoice (tenant_id, number collate "C") where not shares_number;
create unique index invoice_payment_reference_key on invoice (tenant_id, payment_reference collate "C")
  where not shares_number and payment_reference is not null;
create unique index invoice_external_number_key on invoice (tenant_id, external_number) where external_number is not null;
create index invoice_by_shared_number on invoice (tenant_id, id) where shares_number;
drop index invoice_by_purchase_order;
create index invoice_by_purchase_order on invoice (tenant_id, purchase_order collate "C") where purchase_order <> '';

-- So it is with credit notes.
alter table credit_note drop constraint credit_note_number_key;

-- Lists of callers: a customer's credit notes, and documents in the states that few have.
create index credit_note_by_customer on credit_note (tenant_id, customer_id, id);
create index invoice_not_issued on invoice (tenant_id, state, id) where state <> 'issued';
