-- Configuration and small per-number facts: one copy everywhere (reference tables on Citus), so no slot.

-- Published configurations: immutable, numbered. files: path → text, exactly as published.
create table config_version (
  version integer primary key check (version > 0),
  published_at timestamptz not null,
  author text not null,
  note text not null default '',
  files jsonb not null
);

-- What the provider says of each template.
create table template (
  account text not null,
  name text not null,
  language text not null,
  status text not null,
  category text not null default '',
  quality text not null default '',
  reason text not null default '',
  updated_at timestamptz not null,
  primary key (account, name, language)
);

-- Whether a number may send now. halted_reason: somebody must act; wait_until: the provider asked to slow down.
create table number_state (
  number_id text primary key,
  halted_at timestamptz,
  halted_reason text,
  wait_until timestamptz,
  updated_at timestamptz not null
);
