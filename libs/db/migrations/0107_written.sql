-- The last event of the transaction that a response was kept in: whoever repeats the request reads its own writes too. Null: it published nothing, or was
-- kept before.
alter table request_log add column written_event_id uuid;
