-- How far each reading of another service's events has come. Committed together with what the events did here.
create table subscription (
  area text not null,
  position bigint not null,
  constraint subscription_pkey primary key (area)
);
grant select, insert, update on subscription to quittance_app;
grant select on subscription to quittance_system;

-- Events that had their effect here.
create table inbox (
  tenant_id uuid not null,
  event_id uuid not null,
  constraint inbox_pkey primary key (tenant_id, event_id)
);
select protect_tenant_table('inbox', 'select, insert');

-- Events that have had no effect yet: of a kind this version does not know (parked), or that can never be applied as they are (dead). They are kept whole.
create table held_event (
  tenant_id uuid not null,
  event_id uuid not null,
  area text not null,
  state text not null,
  position bigint not null,
  kind text not null,
  ordering_key uuid not null,
  causation_id uuid,
  traceparent text,
  recorded_at timestamptz not null,
  payload bytea not null,
  error text,
  held_at timestamptz not null,
  constraint held_event_pkey primary key (tenant_id, event_id),
  constraint held_event_state_known check (state in ('parked', 'dead'))
);
create index held_event_by_area on held_event (area, position);
select protect_tenant_table('held_event', 'select, insert, update, delete');
select open_to_system('held_event', 'select');
