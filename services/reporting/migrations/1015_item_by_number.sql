-- no-transaction
-- The installments of a document have its number: what is taken back is the whole document, or a part.
create index concurrently item_by_number on item (tenant_id, number);
