-- The constraints of the migration before hold for all rows.
alter table open_item validate constraint open_item_installment_of_document;
alter table entry validate constraint entry_source_known;
