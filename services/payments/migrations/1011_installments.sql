-- The document that an item is an installment of, and which one; null for the only item of a document, which has its id.
alter table open_item
  add column document_id uuid,
  add column installment int;
