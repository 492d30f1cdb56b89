-- Rules kept by every table but the configuration ones: slot comes first in the primary key; no sequence, trigger, or
-- unique or foreign key without slot. Ids are made in Node. So the same file runs on one PostgreSQL and, distributed by
-- slot, on Citus. Indexes that do not lead with slot serve listings and queue polls; they are never unique.

-- Whatever has an inbox and a snapshot: a conversation or a routing group.
create table actor (
  slot smallint not null,
  id text not null,
  kind text not null check (kind in ('conversation', 'routing-group')),
  key text not null,
  number_id text,
  state jsonb,
  owner text check (owner in ('none', 'marketing', 'service', 'external')),
  participant jsonb,
  service_status text check (service_status in ('new', 'waiting', 'active', 'paused', 'inactive', 'ended', 'error')),
  phone text,
  user_id text,
  contact_name text,
  last_message_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (slot, id),
  unique (slot, kind, key),
  check (kind <> 'conversation' or number_id is not null)
) with (fillfactor = 70);
create index actor_by_update on actor (kind, updated_at desc, id desc);

-- How a contact is known on a number. The slot is the alias's own; it leads to the conversation's.
create table alias (
  slot smallint not null,
  number_id text not null,
  kind text not null check (kind in ('user', 'phone')),
  value text not null,
  actor_slot smallint not null,
  actor_id text not null,
  primary key (slot, number_id, kind, value)
);
create index alias_by_actor on alias (actor_id);

-- Keys already taken in: provider message ids, command keys. Kept at least 30 days; a duplicate is a no-op.
create table seen (
  slot smallint not null,
  key text not null,
  at timestamptz not null,
  primary key (slot, key)
);
create index seen_by_age on seen (at);

-- What happened and was not applied yet. Narrow and churning: rows are deleted by the turn that applies them.
create table inbox (
  slot smallint not null,
  id text not null,
  actor_id text not null,
  at timestamptz not null,
  received_at timestamptz not null,
  available_at timestamptz not null,
  tries smallint not null default 0,
  wants_receipt boolean not null default false,
  event jsonb not null,
  primary key (slot, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index inbox_by_actor on inbox (slot, actor_id);
create index inbox_due on inbox (available_at);
create index inbox_retrying on inbox (slot, actor_id, available_at) where tries > 0;

-- The outcome of an event somebody waits for (an API call). Kept for minutes.
create table receipt (
  slot smallint not null,
  event_id text not null,
  outcome jsonb not null,
  at timestamptz not null,
  primary key (slot, event_id)
);

-- The transcript.
create table message (
  slot smallint not null,
  id text not null,
  actor_id text not null,
  direction text not null check (direction in ('in', 'out', 'note')),
  content jsonb not null,
  author_kind text not null check (author_kind in ('customer', 'journey', 'campaign', 'bot', 'agent', 'api', 'system', 'external')),
  author_id text not null,
  purpose text check (purpose in ('service', 'utility', 'authentication', 'marketing')),
  session_kind text not null check (session_kind in ('service', 'marketing', 'utility')),
  session_id text,
  status text not null check (status in ('received', 'noted', 'refused', 'held', 'queued', 'sending', 'maybe-sent', 'accepted', 'sent', 'delivered', 'read', 'played', 'failed')),
  reason text,
  error jsonb,
  provider_id text,
  reply_to text,
  ref text,
  category text,
  pricing jsonb,
  at timestamptz not null,
  sent_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  failed_at timestamptz,
  raw jsonb,
  primary key (slot, id)
) with (fillfactor = 80);
create index message_by_actor on message (slot, actor_id, at, id);

-- From the provider's message id to ours; the slot is the provider id's own.
create table provider_message (
  slot smallint not null,
  provider_id text not null,
  message_slot smallint not null,
  message_id text not null,
  actor_id text not null,
  at timestamptz not null,
  primary key (slot, provider_id)
);

-- Statuses that came before the send's own response, kept under the provider id's slot until it is known.
create table parked_status (
  slot smallint not null,
  provider_id text not null,
  status text not null,
  update jsonb not null,
  at timestamptz not null,
  primary key (slot, provider_id, status)
);

-- One group participant's status of a message: kept apart from the message's own.
create table participant_status (
  slot smallint not null,
  message_id text not null,
  participant text not null,
  status text not null,
  at timestamptz not null,
  primary key (slot, message_id, participant, status)
);

-- Why each event was routed as it was.
create table decision (
  slot smallint not null,
  id text not null,
  actor_id text not null,
  event_id text not null,
  event_type text not null,
  message_id text,
  rule text not null,
  owner_before text not null,
  owner_after text not null,
  inputs jsonb not null,
  counterfactual jsonb,
  config_version integer not null,
  at timestamptz not null,
  primary key (slot, id)
);
create index decision_by_actor on decision (slot, actor_id, id);
create index decision_unrouted on decision (at) where rule = 'unrouted';

-- What leaves. message: to the provider · call: to a bot or app · command: to another actor's inbox · read: a read receipt.
-- ready → leased → sending → (deleted), or sending → maybe-sent when the outcome is unknown.
create table outbox (
  slot smallint not null,
  id text not null,
  actor_id text not null,
  kind text not null check (kind in ('message', 'call', 'command', 'read')),
  number_id text,
  purpose text,
  lane smallint not null default 0,
  payload jsonb not null,
  status text not null default 'ready' check (status in ('ready', 'leased', 'sending', 'maybe-sent')),
  tries smallint not null default 0,
  available_at timestamptz not null,
  expires_at timestamptz,
  lease_until timestamptz,
  lease_token text,
  primary key (slot, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index outbox_by_actor on outbox (slot, actor_id, kind, id);
create index outbox_due on outbox (lane, available_at);

-- At most one row per (actor, name).
create table timer (
  slot smallint not null,
  actor_id text not null,
  name text not null,
  at timestamptz not null,
  primary key (slot, actor_id, name)
) with (fillfactor = 70);
create index timer_due on timer (at);

create table alarm (
  slot smallint not null,
  id text not null,
  actor_id text,
  code text not null,
  detail jsonb not null,
  at timestamptz not null,
  primary key (slot, id)
);
create index alarm_by_time on alarm (at desc, id desc);

-- What could not be read (a webhook body) or applied (an event that failed again and again). Nothing is thrown away.
create table quarantine (
  slot smallint not null,
  id text not null,
  source text not null check (source in ('webhook', 'event')),
  channel text,
  actor_id text,
  reason text not null,
  body bytea not null,
  at timestamptz not null,
  primary key (slot, id)
);
create index quarantine_by_time on quarantine (at desc, id desc);

-- Acknowledged updates that no conversation acts on: unknown fields, account notices, imported history.
create table kept_update (
  slot smallint not null,
  id text not null,
  account text,
  field text not null,
  known boolean not null,
  raw jsonb not null,
  at timestamptz not null,
  primary key (slot, id)
);
create index kept_update_by_time on kept_update (at desc, id desc);
