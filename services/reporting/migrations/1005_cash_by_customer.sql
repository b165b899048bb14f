-- A customer's balance is read by the customer: without this index it took all payments of the tenant.
create index cash_entry_by_customer on cash_entry (tenant_id, customer_id, currency, effective_on) include (amount);
