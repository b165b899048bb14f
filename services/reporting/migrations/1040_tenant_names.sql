-- A tenant's name can be changed. Its time zone and its base currency never are.
grant update (name) on tenant to quittance_app;
