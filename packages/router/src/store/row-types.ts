// Every shape in which rows go into a statement. `migrate` makes them in a database, so they are all here and nowhere else.
import { rowType } from './row-type.ts'

/** Names a row by its own id: of an actor, a message, an event, a row of the outbox. */
export const KEY = rowType('slot smallint, id text')
export const KEY_OF_ACTOR = rowType('slot smallint, id text, "actorId" text')

// Taking in
export const SEEN = rowType('slot smallint, key text')
export const INBOX_EVENT = rowType('slot smallint, id text, "actorId" text, at timestamptz, "wantsReceipt" boolean, event json')
export const KEPT_UPDATE = rowType('slot smallint, id text, account text, field text, known boolean, raw jsonb')
export const ALIAS = rowType('slot smallint, number_id text, kind text, value text, actor_slot smallint, actor_id text')
export const NEW_ACTOR = rowType('slot smallint, id text, kind text, key text, number_id text')

// What a turn leaves
export const ACTOR_STATE = rowType(
  `slot smallint, id text, state json, revisions json, listed boolean, owner text, participant jsonb, service_status text, runs jsonb,
  phone text, user_id text, contact_name text, last_message_at timestamptz`,
)
export const PART = rowType('slot smallint, actor_id text, name text, value json')
export const PART_KEY = rowType('slot smallint, actor_id text, name text')
export const PART_NAME = rowType('name text')
export const MESSAGE = rowType(
  `slot smallint, id text, actor_id text, direction text, content jsonb, author_kind text, author_id text, purpose text,
  session_kind text, session_id text, status text, reason text, provider_id text, reply_to text, ref text, at timestamptz, raw jsonb`,
)
export const QUOTE = rowType('slot smallint, "providerId" text, "actorId" text')
export const DECISION = rowType(
  `slot smallint, id text, actor_id text, event_id text, event_type text, message_id text, rule text, owner_before text, owner_after text,
  inputs json, counterfactual json, trail json, config_version integer, at timestamptz`,
)
export const TIMER = rowType('slot smallint, actor_id text, name text, at timestamptz')
export const OUTBOX_ROW = rowType(
  `slot smallint, id text, actor_id text, kind text, target text, number_id text, purpose text, lane smallint, payload json,
  expires_at timestamptz, token text, until timestamptz`,
)
export const RECEIPT = rowType('slot smallint, id text, outcome jsonb')
export const ALARM = rowType('slot smallint, id text, actor_id text, code text, detail jsonb')
export const LEG = rowType(
  `slot smallint, session_id text, n smallint, actor_id text, number_id text, queue_id text, agent_id text, bot_id text,
  began_at timestamptz, taken_at timestamptz, ended_at timestamptz, wait_ms bigint, wait_met boolean, response_ms bigint,
  response_met boolean, handle_ms bigint, outcome text, by_agent boolean, reopened boolean, had_bot boolean, had_people boolean, asked boolean`,
)
export const WRAP_UP = rowType(
  'slot smallint, session_id text, agent_id text, queue_id text, number_id text, began_at timestamptz, ended_at timestamptz',
)
export const SCORE = rowType('slot smallint, session_id text, score smallint')

// Sending
export const QUOTA = rowType('number text, interactive integer, bulk integer')
export const HELD = rowType('slot smallint, id text, token text')
export const HELD_UNTIL = rowType('slot smallint, id text, token text, until timestamptz')
export const POSTPONED = rowType('slot smallint, id text, status text, available_at timestamptz, uncounted boolean, bulk boolean')
export const RECALLED = rowType('slot smallint, actor_id text, code text, reason text, marketing_only boolean')
export const READDRESSED = rowType('slot smallint, actor_id text, recipient json')
export const MESSAGE_OF_SEND = rowType('slot smallint, "messageId" text')
export const HALT = rowType('"numberId" text, reason text')
export const PAUSE = rowType('id text, until timestamptz')

// What the provider says of a send
export const PROVIDER_ID = rowType('slot smallint, provider_id text')
export const PROVIDER_LINK = rowType(
  'slot smallint, provider_id text, message_slot smallint, message_id text, actor_id text, at timestamptz',
)
export const DELIVERY = rowType(
  `slot smallint, id text, status text, reason text, error jsonb, provider_id text, category text, pricing jsonb, sent_at timestamptz,
  delivered_at timestamptz, read_at timestamptz, failed_at timestamptz`,
)
export const PARKED = rowType('slot smallint, provider_id text, status text, update jsonb')
export const PARTICIPANT_STATUS = rowType('slot smallint, id text, participant text, status text, at timestamptz')
