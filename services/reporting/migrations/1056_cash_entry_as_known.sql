-- no-transaction
-- As cash_entry_as_of, with the times at which its rows became known: a report as known at an instant reads no more than one as known now.
create index concurrently cash_entry_as_known on cash_entry (tenant_id, currency, effective_on)
  include (customer_id, amount, known_at, recorded_at, payer_known_at);
