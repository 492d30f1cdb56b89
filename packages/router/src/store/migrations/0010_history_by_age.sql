-- Where an operator keeps transcripts only for a while, old rows are found by their age. They lie in the order of time, so a summary a few
-- pages is enough, and a message pays next to nothing for it.
create index provider_message_by_age on provider_message using brin (at) with (pages_per_range = 16, autosummarize = on);
create index participant_status_by_age on participant_status using brin (at) with (pages_per_range = 16, autosummarize = on);
create index decision_by_age on decision using brin (at) with (pages_per_range = 16, autosummarize = on);
