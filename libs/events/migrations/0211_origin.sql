-- Who did it: the resource that an event is about, who caused it, through which method and in which request. Null: recorded before this was kept.
alter table outbox
  add column subject text collate "C",
  add column actor text,
  add column on_behalf_of text,
  add column method text,
  add column request_id uuid;
