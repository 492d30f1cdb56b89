-- Made by testing/write-schema.ts from the migrations; do not edit.

create table actor (
  slot smallint not null,
  id text not null,
  kind text not null,
  key text not null,
  number_id text,
  state json,
  owner text,
  participant jsonb,
  service_status text,
  phone text,
  user_id text,
  contact_name text,
  last_message_at timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  runs jsonb,
  revisions json,
  constraint actor_check CHECK (((kind <> 'conversation'::text) OR (number_id IS NOT NULL))),
  constraint actor_kind_check CHECK ((kind = ANY (ARRAY['conversation'::text, 'routing-group'::text]))),
  constraint actor_owner_check CHECK ((owner = ANY (ARRAY['none'::text, 'marketing'::text, 'service'::text, 'external'::text]))),
  constraint actor_service_status_check CHECK ((service_status = ANY (ARRAY['new'::text, 'waiting'::text, 'active'::text, 'paused'::text, 'inactive'::text, 'ended'::text, 'error'::text]))),
  constraint actor_pkey PRIMARY KEY (slot, id),
  constraint actor_slot_kind_key_key UNIQUE (slot, kind, key)
) with (autovacuum_analyze_scale_factor=5, fillfactor=70);
CREATE INDEX actor_by_update ON actor USING btree (kind, updated_at DESC, id DESC);
CREATE INDEX actor_with_runs ON actor USING btree (slot, id) WHERE (runs IS NOT NULL);

create table actor_part (
  slot smallint not null,
  actor_id text not null,
  name text not null,
  value json not null,
  constraint actor_part_pkey PRIMARY KEY (slot, actor_id, name)
) with (autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0.02, fillfactor=70);

create table alarm (
  slot smallint not null,
  id text not null,
  actor_id text,
  code text not null,
  detail jsonb not null,
  at timestamp with time zone not null,
  constraint alarm_pkey PRIMARY KEY (slot, id)
);
CREATE INDEX alarm_by_time ON alarm USING btree (at DESC, id DESC);

create table alias (
  slot smallint not null,
  number_id text not null,
  kind text not null,
  value text not null,
  actor_slot smallint not null,
  actor_id text not null,
  constraint alias_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'phone'::text]))),
  constraint alias_pkey PRIMARY KEY (slot, number_id, kind, value)
);
CREATE INDEX alias_by_actor ON alias USING btree (actor_id);

create table config_version (
  version integer not null,
  published_at timestamp with time zone not null,
  author text not null,
  note text not null default ''::text,
  files jsonb not null,
  constraint config_version_version_check CHECK ((version > 0)),
  constraint config_version_pkey PRIMARY KEY (version)
);

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
  inputs json not null,
  counterfactual json,
  config_version integer not null,
  at timestamp with time zone not null,
  trail json,
  constraint decision_pkey PRIMARY KEY (slot, actor_id, id)
) with (autovacuum_analyze_scale_factor=0.5);
CREATE INDEX decision_by_age ON decision USING brin (at) WITH (pages_per_range='16', autosummarize='on');
CREATE INDEX decision_unrouted ON decision USING btree (at) WHERE (rule = 'unrouted'::text);
CREATE INDEX decision_with_trail ON decision USING btree (at, id) WHERE (trail IS NOT NULL);

create table inbox (
  slot smallint not null,
  id text not null,
  actor_id text not null,
  at timestamp with time zone not null,
  received_at timestamp with time zone not null,
  available_at timestamp with time zone not null,
  tries smallint not null default 0,
  wants_receipt boolean not null default false,
  event json not null,
  constraint inbox_pkey PRIMARY KEY (slot, actor_id, at, id)
) with (autovacuum_analyze_threshold=2000000000, autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0.02);
CREATE INDEX inbox_due ON inbox USING btree (available_at);
CREATE INDEX inbox_retrying ON inbox USING btree (slot, actor_id, available_at) WHERE (tries > 0);

create table kept_update (
  slot smallint not null,
  id text not null,
  account text,
  field text not null,
  known boolean not null,
  raw jsonb not null,
  at timestamp with time zone not null,
  constraint kept_update_pkey PRIMARY KEY (slot, id)
);
CREATE INDEX kept_update_by_time ON kept_update USING btree (at DESC, id DESC);

create table message (
  slot smallint not null,
  id text not null,
  actor_id text not null,
  direction text not null,
  content jsonb not null,
  author_kind text not null,
  author_id text not null,
  purpose text,
  session_kind text not null,
  session_id text,
  status text not null,
  reason text,
  error jsonb,
  provider_id text,
  reply_to text,
  ref text,
  category text,
  pricing jsonb,
  at timestamp with time zone not null,
  sent_at timestamp with time zone,
  delivered_at timestamp with time zone,
  read_at timestamp with time zone,
  failed_at timestamp with time zone,
  raw jsonb,
  changed_at timestamp with time zone not null default clock_timestamp(),
  constraint message_author_kind_check CHECK ((author_kind = ANY (ARRAY['customer'::text, 'journey'::text, 'campaign'::text, 'bot'::text, 'agent'::text, 'api'::text, 'system'::text, 'external'::text]))),
  constraint message_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text, 'note'::text]))),
  constraint message_purpose_check CHECK ((purpose = ANY (ARRAY['service'::text, 'utility'::text, 'authentication'::text, 'marketing'::text]))),
  constraint message_session_kind_check CHECK ((session_kind = ANY (ARRAY['service'::text, 'marketing'::text, 'utility'::text]))),
  constraint message_status_check CHECK ((status = ANY (ARRAY['received'::text, 'noted'::text, 'refused'::text, 'held'::text, 'queued'::text, 'sending'::text, 'maybe-sent'::text, 'accepted'::text, 'sent'::text, 'delivered'::text, 'read'::text, 'played'::text, 'failed'::text]))),
  constraint message_pkey PRIMARY KEY (slot, id)
) with (autovacuum_analyze_scale_factor=0.5, fillfactor=80);
CREATE INDEX message_by_actor ON message USING btree (slot, actor_id, at, id);
CREATE INDEX message_by_change ON message USING brin (changed_at) WITH (pages_per_range='16', autosummarize='on');

create table migration (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null,
  only_adds boolean not null default false,
  constraint migration_pkey PRIMARY KEY (name)
);

create table number_state (
  number_id text not null,
  halted_at timestamp with time zone,
  halted_reason text,
  wait_until timestamp with time zone,
  updated_at timestamp with time zone not null,
  constraint number_state_pkey PRIMARY KEY (number_id)
);

create table outbox (
  slot smallint not null,
  id text not null,
  actor_id text not null,
  kind text not null,
  number_id text,
  purpose text,
  lane smallint not null default 0,
  payload json not null,
  status text not null default 'ready'::text,
  tries smallint not null default 0,
  available_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  lease_until timestamp with time zone,
  lease_token text,
  target text not null default ''::text,
  constraint outbox_kind_check CHECK ((kind = ANY (ARRAY['message'::text, 'call'::text, 'command'::text, 'read'::text]))),
  constraint outbox_status_check CHECK ((status = ANY (ARRAY['ready'::text, 'leased'::text, 'sending'::text, 'maybe-sent'::text]))),
  constraint outbox_pkey PRIMARY KEY (slot, id)
) with (autovacuum_analyze_threshold=2000000000, autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_scale_factor=0.02, fillfactor=70);
CREATE INDEX outbox_by_actor ON outbox USING btree (slot, actor_id, kind, target, id);
CREATE INDEX outbox_by_number ON outbox USING btree (number_id, lane, available_at) WHERE (kind = ANY (ARRAY['message'::text, 'read'::text]));
CREATE INDEX outbox_internal ON outbox USING btree (kind, lane, available_at) WHERE (kind = ANY (ARRAY['call'::text, 'command'::text]));

create table parked_status (
  slot smallint not null,
  provider_id text not null,
  status text not null,
  update jsonb not null,
  at timestamp with time zone not null,
  constraint parked_status_pkey PRIMARY KEY (slot, provider_id, status)
);

create table participant_status (
  slot smallint not null,
  message_id text not null,
  participant text not null,
  status text not null,
  at timestamp with time zone not null,
  constraint participant_status_pkey PRIMARY KEY (slot, message_id, participant, status)
);
CREATE INDEX participant_status_by_age ON participant_status USING brin (at) WITH (pages_per_range='16', autosummarize='on');

create table provider_message (
  slot smallint not null,
  provider_id text not null,
  message_slot smallint not null,
  message_id text not null,
  actor_id text not null,
  at timestamp with time zone not null,
  constraint provider_message_pkey PRIMARY KEY (slot, provider_id)
) with (autovacuum_analyze_scale_factor=0.5);
CREATE INDEX provider_message_by_age ON provider_message USING brin (at) WITH (pages_per_range='16', autosummarize='on');

create table quarantine (
  slot smallint not null,
  id text not null,
  source text not null,
  channel text,
  actor_id text,
  reason text not null,
  body bytea not null,
  at timestamp with time zone not null,
  constraint quarantine_source_check CHECK ((source = ANY (ARRAY['webhook'::text, 'event'::text]))),
  constraint quarantine_pkey PRIMARY KEY (slot, id)
);
CREATE INDEX quarantine_by_time ON quarantine USING btree (at DESC, id DESC);

create table receipt (
  slot smallint not null,
  event_id text not null,
  outcome jsonb not null,
  at timestamp with time zone not null,
  constraint receipt_pkey PRIMARY KEY (slot, event_id)
);

create table seen (
  slot smallint not null,
  key text not null,
  at timestamp with time zone not null,
  constraint seen_pkey PRIMARY KEY (slot, key)
) with (autovacuum_analyze_scale_factor=0.5);
CREATE INDEX seen_by_age ON seen USING brin (at) WITH (pages_per_range='16', autosummarize='on');

create table send_rate (
  number_id text not null,
  given_until timestamp with time zone not null,
  constraint send_rate_pkey PRIMARY KEY (number_id)
) with (autovacuum_vacuum_cost_delay=0, fillfactor=10);

create table service_leg (
  slot smallint not null,
  session_id text not null,
  n smallint not null,
  actor_id text not null,
  number_id text,
  queue_id text,
  agent_id text,
  bot_id text,
  began_at timestamp with time zone not null,
  taken_at timestamp with time zone,
  ended_at timestamp with time zone not null,
  wait_ms bigint not null,
  wait_met boolean,
  response_ms bigint,
  response_met boolean,
  handle_ms bigint not null,
  outcome text not null,
  by_agent boolean not null,
  reopened boolean,
  had_bot boolean,
  had_people boolean,
  asked boolean,
  score smallint,
  constraint service_leg_outcome_check CHECK ((outcome = ANY (ARRAY['ended'::text, 'abandoned'::text, 'failed'::text, 'transferred'::text, 'diverted'::text, 'handed-off'::text, 'resumed'::text, 'upstream'::text, 'requeued'::text]))),
  constraint service_leg_score_check CHECK (((score >= 1) AND (score <= 5))),
  constraint service_leg_pkey PRIMARY KEY (slot, session_id, n)
);
CREATE INDEX service_leg_by_end ON service_leg USING brin (ended_at) WITH (pages_per_range='16', autosummarize='on');

create table template (
  account text not null,
  name text not null,
  language text not null,
  status text not null,
  category text not null default ''::text,
  quality text not null default ''::text,
  reason text not null default ''::text,
  updated_at timestamp with time zone not null,
  said_at timestamp with time zone,
  constraint template_pkey PRIMARY KEY (account, name, language)
);

create table timer (
  slot smallint not null,
  actor_id text not null,
  name text not null,
  at timestamp with time zone not null,
  constraint timer_pkey PRIMARY KEY (slot, actor_id, name)
) with (fillfactor=70);
CREATE INDEX timer_due ON timer USING btree (at);

create table wrap_up (
  slot smallint not null,
  session_id text not null,
  agent_id text not null,
  queue_id text not null,
  number_id text,
  began_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  constraint wrap_up_pkey PRIMARY KEY (slot, session_id, agent_id, began_at)
);
CREATE INDEX wrap_up_by_end ON wrap_up USING brin (ended_at) WITH (pages_per_range='16', autosummarize='on');
