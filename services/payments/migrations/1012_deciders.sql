-- Who applied an allocation by hand, or takes it back, and the person that it acted for; null for matching, and before it was kept.
alter table allocation
  add column decided_by text,
  add column decided_for text;
