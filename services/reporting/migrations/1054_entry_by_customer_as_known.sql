-- no-transaction
-- As entry_by_customer, with the times at which its rows became known: a report as known at an instant reads no more than one as known now.
create index concurrently entry_by_customer_as_known on entry (tenant_id, customer_id, currency, effective_on)
  include (item_id, due_on, amount, known_at, recorded_at);
