-- Extensions of due dates: what an item's due date was, what it is, from which day on, and who extended it why. The item has the latest one; a past day has
-- the one that counted then. What was open of the item is what an approval of it is about.
create table due_date_extension (
  tenant_id uuid not null,
  id uuid not null,
  item_id uuid not null,
  customer_id uuid not null,
  previous_due_on date not null,
  due_on date not null,
  effective_on date not null,
  open_amount numeric not null,
  currency text not null,
  reason text not null,
  actor text not null,
  on_behalf_of text,
  request_id uuid,
  recorded_at timestamptz not null,
  constraint due_date_extension_pkey primary key (tenant_id, id),
  constraint due_date_extension_item_exists foreign key (tenant_id, item_id) references open_item (tenant_id, id),
  constraint due_date_extension_moves_on check (due_on > previous_due_on),
  constraint due_date_extension_follows_key unique (tenant_id, item_id, previous_due_on)
);
create index due_date_extension_by_item on due_date_extension (tenant_id, item_id, id);
select protect_tenant_table('due_date_extension', 'select, insert');
