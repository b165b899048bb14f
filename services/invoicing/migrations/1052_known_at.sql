-- Whether what was recorded at a time, with an event about one of these subjects, was known at an instant: its event had its position by then. What was
-- recorded before events had subjects was known when it was recorded.
create function was_known(tenant uuid, recorded timestamptz, subjects text[], known timestamptz) returns boolean
language sql stable as $$
  select recorded <= known and not exists (
    select
    from outbox x
    left join outbox_position p on p.outbox_id = x.id
    where x.tenant_id = tenant and x.subject = any(subjects) and x.recorded_at = recorded and (p.position is null or p.positioned_at > known))
$$;
