-- no-transaction
-- Invoices in the order of their changes: drafts, and those in installments, which are changed with each of these. Others change with their one item.
create index concurrently invoice_by_own_update on invoice (tenant_id, updated_at, id) where state = 'draft' or in_installments;
