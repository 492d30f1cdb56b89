-- Commands leave in the order of their actor to each target, and no longer to all of them: a routing group tells hundreds of conversations
-- something, and one that could not be told held up the others, one after the other.
alter table outbox add column target text not null default '';
drop index outbox_by_actor;
create index outbox_by_actor on outbox (slot, actor_id, kind, target, id);
