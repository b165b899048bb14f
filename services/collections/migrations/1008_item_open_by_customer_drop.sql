-- no-transaction
-- What an interrupted try to build the index of the next migration left behind.
drop index concurrently if exists item_open_by_customer;
