-- no-transaction
-- The installments of a document.
create unique index concurrently open_item_by_document on open_item (tenant_id, document_id, installment) where document_id is not null;
