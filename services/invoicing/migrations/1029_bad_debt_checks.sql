-- The constraints of the migration before hold for all rows.
alter table open_item validate constraint open_item_bad_debt_not_negative;
alter table entry validate constraint entry_kind_known;
alter table entry validate constraint entry_source_known;
