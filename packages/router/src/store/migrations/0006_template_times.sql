-- When the provider says the newest news of a template happened: news that comes late does not override newer news. Null: it
-- never said.
alter table template add column said_at timestamptz;
