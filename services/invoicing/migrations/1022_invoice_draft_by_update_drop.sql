-- no-transaction
-- The index of the migration before has its rows too.
drop index concurrently if exists invoice_draft_by_update;
