-- no-transaction
-- As entry_as_of, with the times at which its rows became known: a report as known at an instant reads no more than one as known now.
create index concurrently entry_as_known on entry (tenant_id, currency, effective_on)
  include (kind, item_id, customer_id, issued_on, due_on, amount, known_at, recorded_at);
