-- The sender claims per number (each has its own rate, wait and halt) and lane, and finds the numbers that have work by
-- skipping along the first index. One index over everything due made each claim walk past the whole backlog of a number
-- that may not send now: 100,000 rows of a halted number cost a claim of another number about 100 times as much.
drop index outbox_due;
create index outbox_by_number on outbox (number_id, lane, available_at) where kind in ('message', 'read');
create index outbox_internal on outbox (kind, lane, available_at) where kind in ('call', 'command');
