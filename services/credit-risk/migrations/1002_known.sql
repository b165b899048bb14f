-- What credit-risk keeps of invoicing's events: which customers there are, and what each item still owes. A customer's row is locked while its exposure
-- is summed for a new profile, and while events change it.
create table customer (
  tenant_id uuid not null,
  id uuid not null,
  constraint customer_pkey primary key (tenant_id, id)
);
select protect_tenant_table('customer', 'select, insert, update');

create table item (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  currency text not null,
  open numeric not null,
  reservation_id uuid,
  constraint item_pkey primary key (tenant_id, id)
) with (fillfactor = 80);
create index item_open_by_customer on item (tenant_id, customer_id, currency) where open <> 0;
select protect_tenant_table('item', 'select, insert, update');
