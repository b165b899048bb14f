-- The constraint of the migration before holds for all rows.
alter table entry validate constraint entry_kind_known;
