-- A draft has no history and may be deleted. Whatever a query says, nothing else goes.
grant delete on invoice to quittance_app;
create policy invoice_only_drafts_are_deleted on invoice as restrictive for delete to quittance_app using (state = 'draft');
