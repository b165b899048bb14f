-- Events may come in several partitions, each in order, together in none: `done` holds the positions that have had their effect or are held, and
-- `position` stays what it was, the last one before the first gap.
alter table subscription add column done int8multirange not null default '{}';
update subscription set done = int8multirange(int8range(1, position, '[]')) where position > 0;

create function position_before_gap(done int8multirange) returns bigint
language sql immutable as $$
  select coalesce((select upper(run) - 1 from unnest(done) as run where lower(run) = 1), 0)
$$;

-- An event whose parent has not come yet waits for it (across partitions there is no order).
alter table held_event drop constraint held_event_state_known;
alter table held_event add constraint held_event_state_known check (state in ('parked', 'waiting', 'dead'));
create index held_event_waiting on held_event (area, position) where state = 'waiting';

-- How far the outbox has been handed to the broker, which has acknowledged all of it. One row.
create table outbox_published (
  is_only_row boolean not null default true,
  position bigint not null,
  constraint outbox_published_pkey primary key (is_only_row),
  constraint outbox_published_one_row check (is_only_row)
);
insert into outbox_published (position) values (0);
grant select, update on outbox_published to quittance_system;

-- What came on a topic and is no event: it names no tenant that it could be kept for.
create table unreadable_message (
  area text not null,
  topic text not null,
  partition int not null,
  message_offset bigint not null,
  headers jsonb not null,
  key bytea,
  payload bytea,
  error text not null,
  held_at timestamptz not null,
  constraint unreadable_message_pkey primary key (topic, partition, message_offset)
);
grant select, insert on unreadable_message to quittance_app;
grant select, delete on unreadable_message to quittance_system;
