-- A tenant is shown how many of its own events wait for a position. The queue has ids only; the outbox, under its policy, says whose they are.
grant select on outbox_queue to quittance_app;
