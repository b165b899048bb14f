-- What payments knows of invoicing, from its events: enough to find what a payment pays without asking. Invoicing decides; this may lag behind.
create table tenant (
  tenant_id uuid not null,
  time_zone text not null,
  constraint tenant_pkey primary key (tenant_id)
);
select protect_tenant_table('tenant', 'select, insert, update');

create table customer (
  tenant_id uuid not null,
  id uuid not null,
  number text not null,
  name text not null,
  constraint customer_pkey primary key (tenant_id, id)
);
select protect_tenant_table('customer', 'select, insert, update');

-- Accounts that customers pay from, without blanks and in capitals. One account may be several customers': then it tells nothing.
create table customer_account (
  tenant_id uuid not null,
  account text not null,
  customer_id uuid not null,
  constraint customer_account_pkey primary key (tenant_id, account, customer_id),
  constraint customer_account_customer_exists foreign key (tenant_id, customer_id) references customer (tenant_id, id)
);
create index customer_account_by_customer on customer_account (tenant_id, customer_id);
select protect_tenant_table('customer_account', 'select, insert, delete');

-- No foreign key to the customer: numbers are looked up here at a high rate, and an event of an item comes after its customer's anyway.
create table open_item (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  number text not null,
  payment_reference text,
  currency text not null,
  total numeric not null,
  open_amount numeric not null,
  is_open boolean not null generated always as (open_amount <> 0) stored,
  issued_on date not null,
  due_on date not null,
  terms text not null,
  constraint open_item_pkey primary key (tenant_id, id),
  constraint open_item_open_within_total check (open_amount >= 0 and open_amount <= total)
) with (fillfactor = 80);
create index open_item_by_number on open_item (tenant_id, number);
create index open_item_by_reference on open_item (tenant_id, payment_reference) where payment_reference is not null;
create index open_item_by_customer on open_item (tenant_id, customer_id) where is_open;
select protect_tenant_table('open_item', 'select, insert, update');
