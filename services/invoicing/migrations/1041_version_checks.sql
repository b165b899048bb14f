-- The constraints of the migration before hold for all rows.
alter table invoice validate constraint invoice_versions_from_issue_on;
alter table credit_note validate constraint credit_note_versions_of_both;
