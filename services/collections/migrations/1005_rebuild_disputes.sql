-- Disputes are collections' own and stay while what is kept of invoicing's items is rebuilt: their items go and come back within one transaction, at the
-- end of which the rebuild has this checked.
alter table dispute alter constraint dispute_item_exists deferrable initially immediate;
