-- A strategy without runs has no history: dunning_run_strategy_exists keeps the others.
grant delete on strategy to quittance_app;
