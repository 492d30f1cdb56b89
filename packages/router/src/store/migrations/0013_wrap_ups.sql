-- One row for each time an agent's capacity was held after a conversation: measures count it beside the legs. Written by the routing group's
-- turn that ends it, so it has the group's slot. Kept as long as legs are.
create table wrap_up (
  slot smallint not null,
  session_id text not null,
  agent_id text not null,
  queue_id text not null,
  number_id text,
  began_at timestamptz not null,
  ended_at timestamptz not null,
  primary key (slot, session_id, agent_id, began_at)
);
create index wrap_up_by_end on wrap_up using brin (ended_at) with (pages_per_range = 16, autosummarize = on);
