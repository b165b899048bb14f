-- Addresses to which events are sent, and the events that wait for each. What is queued grows with the position up to which a webhook is filled; a webhook whose
-- address does not answer is filled no further than its queue may be long.
create table webhook (
  tenant_id uuid not null,
  id uuid not null,
  url text not null,
  event_types text[] not null,
  description text not null,
  paused boolean not null,
  secret bytea not null,
  previous_secret bytea,
  previous_secret_until timestamptz,
  queued_position bigint not null,
  delivered_position bigint not null,
  failed_attempts int not null default 0,
  next_attempt_at timestamptz,
  leased_until timestamptz,
  attempted_at timestamptz,
  attempted_event_id uuid,
  attempted_position bigint,
  attempted_status int,
  attempted_error text,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint webhook_pkey primary key (tenant_id, id),
  constraint webhook_previous_secret_ends check ((previous_secret is null) = (previous_secret_until is null)),
  constraint webhook_attempt_is_whole check (
    (attempted_at is null) = (attempted_event_id is null) and (attempted_at is null) = (attempted_position is null)
    and (attempted_at is null) = (attempted_status is null) and (attempted_at is null) = (attempted_error is null))
);
create index webhook_by_queued_position on webhook (queued_position) where not paused;
select protect_tenant_table('webhook', 'select, insert, update, delete');
select open_to_system('webhook', 'select, update');

create table webhook_queue (
  tenant_id uuid not null,
  webhook_id uuid not null,
  position bigint not null,
  constraint webhook_queue_pkey primary key (tenant_id, webhook_id, position),
  constraint webhook_queue_webhook_exists foreign key (tenant_id, webhook_id) references webhook (tenant_id, id) on delete cascade
);
select protect_tenant_table('webhook_queue', 'select, delete');
select open_to_system('webhook_queue', 'select, insert, delete');
