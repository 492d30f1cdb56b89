-- One row for each leg of a service session that is over: measures are counted from here and nowhere else. Written by the turn that ends
-- the leg, so a turn without service writes nothing. Narrow, in the order of time, kept for 400 days.
create table service_leg (
  slot smallint not null,
  session_id text not null,
  n smallint not null,
  actor_id text not null,
  number_id text,
  queue_id text,
  agent_id text,
  bot_id text,
  began_at timestamptz not null,
  taken_at timestamptz,
  ended_at timestamptz not null,
  -- Durations are milliseconds; waits and responses count only time in which the queue was open.
  wait_ms bigint not null,
  wait_met boolean,
  response_ms bigint,
  response_met boolean,
  handle_ms bigint not null,
  outcome text not null check (outcome in ('ended', 'abandoned', 'failed', 'transferred', 'diverted', 'handed-off', 'resumed', 'upstream', 'requeued')),
  by_agent boolean not null,
  -- Of the whole session, with the leg that ended it; null with the others.
  reopened boolean,
  had_bot boolean,
  had_people boolean,
  asked boolean,
  score smallint check (score between 1 and 5),
  primary key (slot, session_id, n)
);
create index service_leg_by_end on service_leg using brin (ended_at) with (pages_per_range = 16, autosummarize = on);
