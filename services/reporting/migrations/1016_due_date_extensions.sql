-- Extensions of due dates. They only move on: on a date the latest due date of those that are effective by then counts, or else the one of the issue.
create table due_date_extension (
  tenant_id uuid not null,
  event_id uuid not null,
  item_id uuid not null,
  due_on date not null,
  effective_on date not null,
  recorded_at timestamptz not null,
  position bigint not null,
  constraint due_date_extension_pkey primary key (tenant_id, event_id)
);
create index due_date_extension_by_item on due_date_extension (tenant_id, item_id, effective_on) include (due_on);
select protect_tenant_table('due_date_extension', 'select, insert, delete');
