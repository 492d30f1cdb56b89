-- Journey runs under way, for lists and counts, beside the other columns a conversation is listed by: null for most. Read by key
-- with a filter; an index on what is inside would be paid by every step of every run.
alter table actor add column runs jsonb;
create index actor_with_runs on actor (slot, id) where runs is not null;

-- What happened to runs, with the decision that did it: their history and the results of journeys are counted from here, so a turn
-- writes no row and no counter of its own for them.
alter table decision add column trail json;
create index decision_with_trail on decision (at, id) where trail is not null;

-- Runs that were under way before there was the column.
update actor a set runs = found.runs
from (
  select slot, id, (
    select jsonb_agg(jsonb_build_object(
      'id', r ->> 'id', 'journey', r ->> 'journey', 'version', r ->> 'version', 'step', r ->> 'step', 'status', r #>> '{doing,kind}',
      'startedAt', r -> 'startedAt', 'since', r -> 'startedAt', 'until', r #> '{doing,due}'
    ))
    from json_array_elements(state #> '{engines,journeys,runs}') r
  ) as runs
  from actor
  where kind = 'conversation' and json_typeof(state #> '{engines,journeys,runs}') = 'array' and state ->> 'mergedInto' is null
) found
where found.runs is not null and a.slot = found.slot and a.id = found.id;
