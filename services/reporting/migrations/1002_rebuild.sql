-- What is kept of others' events can be made anew from them, in one transaction: the old rows go when the new ones are there.
grant delete on tenant, customer, currency, item, entry, payment, cash_entry, allocation_side, dispute to quittance_app;
