-- no-transaction
-- Terms are deleted where no draft names them.
create index concurrently invoice_draft_by_terms on invoice (tenant_id, terms_id) where state = 'draft' and terms_id is not null;
