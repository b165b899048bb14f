-- no-transaction
-- Series are deleted where no draft and no document taken over is in them; that one has numbered documents is known from its row.
create index concurrently invoice_unnumbered_by_series on invoice (tenant_id, series_id) where state = 'draft' or external_number is not null;
