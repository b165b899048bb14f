-- no-transaction
-- What a person did, newest first: the one that a caller acted for, or else the caller. What was recorded before this was kept is nobody's.
create index concurrently outbox_by_person on outbox (tenant_id, (coalesce(on_behalf_of, actor, '')), event_id);
