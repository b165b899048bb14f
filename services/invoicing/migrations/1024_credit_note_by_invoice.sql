-- no-transaction
-- The credit notes of an invoice.
create index concurrently credit_note_by_invoice on credit_note (tenant_id, invoice_id, id);
