-- Events leave through a table: they are committed with what they tell about. The relay gives them positions afterwards, in the order they became
-- visible: an id alone would not do, because a smaller one may commit later.
create table outbox (
  id bigint generated always as identity,
  tenant_id uuid not null,
  event_id uuid not null,
  kind text not null,
  ordering_key uuid not null,
  causation_id uuid,
  traceparent text,
  recorded_at timestamptz not null,
  payload bytea not null,
  constraint outbox_pkey primary key (id)
);
select protect_tenant_table('outbox', 'select, insert');
select open_to_system('outbox', 'select');

-- Ids that wait for a position.
create table outbox_queue (
  id bigint not null,
  constraint outbox_queue_pkey primary key (id)
);
grant insert on outbox_queue to quittance_app;
grant select, delete on outbox_queue to quittance_system;

-- The order that consumers see. A position and its time are what "known at" means.
create table outbox_position (
  position bigint not null,
  outbox_id bigint not null,
  positioned_at timestamptz not null,
  constraint outbox_position_pkey primary key (position),
  constraint outbox_position_outbox_id_key unique (outbox_id)
);
grant select, insert on outbox_position to quittance_system;
grant select on outbox_position to quittance_app;
