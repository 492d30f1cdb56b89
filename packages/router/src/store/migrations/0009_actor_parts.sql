-- A state that is too large to be read and written whole at each turn, that of a routing group, is stored in parts. Its actor's row has
-- the head of it, and the newest revisions: what each transaction changed, so that another process reads only that.
create table actor_part (
  slot smallint not null,
  actor_id text not null,
  name text not null,
  value json not null,
  primary key (slot, actor_id, name)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

alter table actor add column revisions json;
