-- An event that the broker will never take (too large for its topic) is kept aside, so that those behind it go on. It stays in the outbox: once the topic takes it,
-- `quittance events replay` publishes it.
create table outbox_unpublished (
  position bigint not null,
  why text not null,
  held_at timestamptz not null,
  constraint outbox_unpublished_pkey primary key (position)
);
grant select, insert, delete on outbox_unpublished to quittance_system;
