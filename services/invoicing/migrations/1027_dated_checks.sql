-- The constraints of the migration before hold for all rows.
alter table entry validate constraint entry_counts_after_its_date;
alter table settlement validate constraint settlement_counts_after_its_date;
