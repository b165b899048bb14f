-- no-transaction
-- What was done to a resource, newest first. Ids of events begin with their time.
create index concurrently outbox_by_subject on outbox (tenant_id, subject, event_id);
