-- Items apart from documents: an invoice in installments opens one item for each, with an id of its own. The item of an invoice that is paid at once has the
-- invoice's id, and no other columns are needed for it. Entries say what caused them, who, and why; null: recorded before this was kept.
alter table open_item
  add column document_id uuid,
  add column installment int,
  add constraint open_item_installment_of_document check (
    (document_id is null) = (installment is null) and (installment is null or installment > 0) and document_id is distinct from id) not valid;

alter table entry
  add column source_kind text,
  add column source_id uuid,
  add column actor text,
  add column on_behalf_of text,
  add column request_id uuid,
  add column reason text,
  add constraint entry_source_known check (
    (source_kind is null) = (source_id is null) and (source_kind is null or source_kind in ('document', 'allocation', 'credit_note'))) not valid;

-- Whether the terms were agreed for one invoice alone, and whether it is paid in installments.
alter table invoice
  add column has_agreed_terms boolean not null default false,
  add column in_installments boolean not null default false;
