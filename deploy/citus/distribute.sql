-- Makes a migrated, empty or filled, database a distributed one:  psql -v ON_ERROR_STOP=1 -f deploy/citus/distribute.sql
-- on the coordinator, with Baton stopped. A test holds the list of tables against the schema; the script itself was not run on a
-- Citus: read docs/deploying.md first.
set search_path = baton, public;
create extension if not exists citus;

-- A slot is the unit: all tables are cut by it, and the parts of one slot lie on one worker.
set citus.shard_count = 32;
select create_distributed_table('actor', 'slot', colocate_with => 'none');
select create_distributed_table('actor_part', 'slot', colocate_with => 'actor');
select create_distributed_table('alarm', 'slot', colocate_with => 'actor');
select create_distributed_table('alias', 'slot', colocate_with => 'actor');
select create_distributed_table('decision', 'slot', colocate_with => 'actor');
select create_distributed_table('inbox', 'slot', colocate_with => 'actor');
select create_distributed_table('kept_update', 'slot', colocate_with => 'actor');
select create_distributed_table('message', 'slot', colocate_with => 'actor');
select create_distributed_table('outbox', 'slot', colocate_with => 'actor');
select create_distributed_table('parked_status', 'slot', colocate_with => 'actor');
select create_distributed_table('participant_status', 'slot', colocate_with => 'actor');
select create_distributed_table('provider_message', 'slot', colocate_with => 'actor');
select create_distributed_table('quarantine', 'slot', colocate_with => 'actor');
select create_distributed_table('receipt', 'slot', colocate_with => 'actor');
select create_distributed_table('seen', 'slot', colocate_with => 'actor');
select create_distributed_table('service_leg', 'slot', colocate_with => 'actor');
select create_distributed_table('timer', 'slot', colocate_with => 'actor');
select create_distributed_table('wrap_up', 'slot', colocate_with => 'actor');

-- Few rows that every worker joins with: one copy on each.
select create_reference_table('config_version');
select create_reference_table('number_state');
select create_reference_table('template');
-- `send_rate` (a few rows, joined with nothing, updated all the time), `migration` and the schema `auth` stay on the coordinator.
