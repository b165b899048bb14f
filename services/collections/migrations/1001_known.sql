-- What collections keeps of invoicing's events: who reminds, who owes, and what was owed on any date.
create table tenant (
  tenant_id uuid not null,
  name text not null,
  enquiries text not null,
  time_zone text not null,
  constraint tenant_pkey primary key (tenant_id)
);
select protect_tenant_table('tenant', 'select, insert, update');

-- A customer with the contact that its invoices and reminders go to.
create table customer (
  tenant_id uuid not null,
  id uuid not null,
  number text not null,
  name text not null,
  contact_id uuid,
  contact_name text not null,
  contact_email text,
  constraint customer_pkey primary key (tenant_id, id)
);
select protect_tenant_table('customer', 'select, insert, update');

-- What is open now is a cache of the total and the entries. closed_on is the last day that moved a closed item: on it and after, nothing is owed.
create table item (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  contact_id uuid,
  number text not null,
  currency text not null,
  issued_on date not null,
  due_on date not null,
  total numeric not null,
  open numeric not null,
  closed_on date,
  constraint item_pkey primary key (tenant_id, id),
  constraint item_closed_with_nothing_open check ((closed_on is not null) = (open = 0))
) with (fillfactor = 80);
create index item_open_by_due_date on item (tenant_id, due_on) where closed_on is null;
create index item_closed_by_date on item (tenant_id, closed_on) where closed_on is not null;
select protect_tenant_table('item', 'select, insert, update');

-- What moved an item after its issue; negative: less is owed.
create table item_entry (
  tenant_id uuid not null,
  item_id uuid not null,
  event_id uuid not null,
  effective_on date not null,
  amount numeric not null,
  constraint item_entry_pkey primary key (tenant_id, item_id, event_id)
);
select protect_tenant_table('item_entry', 'select, insert');
