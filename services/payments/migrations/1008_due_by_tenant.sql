-- Work that waits is looked for tenant by tenant, in the order it became due. A tenant that has none must not be read whole to find that out, nor all others'.
drop index payment_match_due;
create index payment_match_due on payment (tenant_id, match_due_at, id) where match_due_at is not null;
drop index allocation_unfinished;
create index allocation_unfinished on allocation (tenant_id, decided_at) where state in ('pending', 'reversing');

-- Statistics of matching are about the payments of a period.
create index payment_by_received_on on payment (tenant_id, received_on);
