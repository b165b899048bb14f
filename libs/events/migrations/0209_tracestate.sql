-- What other tracing systems keep with a trace goes on with the event, as it does with a call (W3C Trace Context). Null: there is none, or it was not kept yet.
alter table outbox add column tracestate text;
alter table held_event add column tracestate text;
