-- Profile ingest: the lean indexes of the migrations alone. Takes away what profile analytics adds, and nothing else.

DROP INDEX IF EXISTS experience_events_by_time;
DROP INDEX IF EXISTS experience_events_by_reward;
DROP INDEX IF EXISTS experience_events_by_type;
DROP INDEX IF EXISTS experience_events_by_adna;
DROP INDEX IF EXISTS action_metadata_by_intent;
DROP INDEX IF EXISTS action_metadata_by_executor;
DROP INDEX IF EXISTS action_metadata_by_parameters;
