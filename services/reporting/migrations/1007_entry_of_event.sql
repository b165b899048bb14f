-- no-transaction
-- An event may move several items: the installments of one invoice.
create unique index concurrently entry_of_event on entry (tenant_id, event_id, kind, item_id);
