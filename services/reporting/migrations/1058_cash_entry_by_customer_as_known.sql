-- no-transaction
-- As cash_entry_by_customer, with the times at which its rows became known: a report as known at an instant reads no more than one as known now.
create index concurrently cash_entry_by_customer_as_known on cash_entry (tenant_id, customer_id, currency, effective_on)
  include (amount, known_at, recorded_at, payer_known_at);
