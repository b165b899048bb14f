-- no-transaction
-- Terms are deleted where no customer names them.
create index concurrently customer_by_terms on customer (tenant_id, terms_id) where terms_id is not null;
