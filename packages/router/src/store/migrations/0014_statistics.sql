-- Every statement of the pipeline brings its keys, so statistics change no plan; but making them reads and sorts 30,000 rows, and every time
-- they are made each connection plans its statements anew. Of `actor`, `inbox` and `outbox` that was every fifteen seconds.
alter table actor set (autovacuum_analyze_scale_factor = 5);
alter table inbox set (autovacuum_analyze_threshold = 2000000000);
alter table outbox set (autovacuum_analyze_threshold = 2000000000);
alter table message set (autovacuum_analyze_scale_factor = 0.5);
alter table provider_message set (autovacuum_analyze_scale_factor = 0.5);
alter table seen set (autovacuum_analyze_scale_factor = 0.5);
alter table decision set (autovacuum_analyze_scale_factor = 0.5);

-- Nothing is looked for inside of these.
alter table actor alter column state set statistics 0, alter column revisions set statistics 0, alter column participant set statistics 0, alter column runs set statistics 0;
alter table actor_part alter column value set statistics 0;
alter table message alter column content set statistics 0, alter column raw set statistics 0, alter column error set statistics 0;
alter table decision alter column inputs set statistics 0, alter column counterfactual set statistics 0, alter column trail set statistics 0;
