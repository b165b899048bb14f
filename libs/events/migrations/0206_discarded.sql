-- A dead letter that nobody wants is discarded: it stays with who did that, when and why, counts no longer, and a rebuild does not miss it.
alter table held_event drop constraint held_event_state_known;
alter table held_event
  add column discarded_at timestamptz,
  add column discarded_by text,
  add column discard_reason text,
  add constraint held_event_state_known check (state in ('parked', 'waiting', 'dead', 'discarded')),
  add constraint held_event_discard_whole check (
    (state = 'discarded') = (discarded_at is not null) and num_nulls(discarded_at, discarded_by, discard_reason) in (0, 3));
alter table unreadable_message
  add column discarded_at timestamptz,
  add column discarded_by text,
  add column discard_reason text,
  add constraint unreadable_message_discard_whole check (num_nulls(discarded_at, discarded_by, discard_reason) in (0, 3));
grant update on unreadable_message to quittance_app;
