-- Payers may become known after a payment was received.
grant update (customer_id) on payment to quittance_app;
grant update (customer_id) on cash_entry to quittance_app;
