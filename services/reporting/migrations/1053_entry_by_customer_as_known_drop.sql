-- no-transaction
-- What an interrupted try to build the index of the next migration left behind.
drop index concurrently if exists entry_by_customer_as_known;
