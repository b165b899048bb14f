-- no-transaction
-- A payer that becomes known later is the payer of all that was moved of the payment.
create index concurrently cash_entry_by_payment on cash_entry (tenant_id, payment_id);
