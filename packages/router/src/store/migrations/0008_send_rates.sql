-- How far each number's rate of sending is given out: all senders take from it, a chunk at a time. One row a number, updated many
-- times a second, so it is kept where it is.
create table send_rate (
  number_id text primary key,
  given_until timestamptz not null
) with (fillfactor = 10, autovacuum_vacuum_cost_delay = 0);
