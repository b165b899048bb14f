-- Callers' own keys and values on payments.
select add_metadata('payment');
