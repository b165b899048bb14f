-- no-transaction
-- The open items of a customer, for the runs that work customers off in batches.
create index concurrently item_open_by_customer on item (tenant_id, customer_id) where closed_on is null;
