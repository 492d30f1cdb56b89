-- When a line of the transcript was written or last changed, by the database's own clock: whoever follows changes (the event
-- stream) reads from here. A statement that updates a message's status sets it to clock_timestamp(); an insert leaves it out.
-- BRIN, because an update of a column with any other index could not stay on its page (HOT); new rows are in order anyway.
alter table message add column changed_at timestamptz not null default clock_timestamp();
create index message_by_change on message using brin (changed_at) with (pages_per_range = 16, autosummarize = on);
