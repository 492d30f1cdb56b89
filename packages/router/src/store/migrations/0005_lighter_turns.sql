-- A message writes some fifteen rows; what each costs is mostly its index entries and what is made of its JSON.

-- One index instead of two: the inbox of an actor is read in this order. A repeat of a row has the same time and actor.
alter table inbox drop constraint inbox_pkey, add primary key (slot, actor_id, at, id);
drop index inbox_by_actor;

-- The decisions of an actor are read in this order, and never by their id alone.
alter table decision drop constraint decision_pkey, add primary key (slot, actor_id, id);
drop index decision_by_actor;

-- Keys come in the order of time, and only retention asks for it.
drop index seen_by_age;
create index seen_by_age on seen using brin (at) with (pages_per_range = 16, autosummarize = on);

-- Written and read whole, never asked about: text that was checked to be JSON, instead of a tree that is made and unmade.
alter table inbox alter column event type json;
alter table actor alter column state type json;
alter table outbox alter column payload type json;
alter table decision alter column inputs type json, alter column counterfactual type json;
