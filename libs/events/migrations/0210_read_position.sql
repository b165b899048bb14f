-- The position of an event that had its effect: who waits for it waits for every position before it too. Null: it was read before this was kept.
alter table inbox add column position bigint;
