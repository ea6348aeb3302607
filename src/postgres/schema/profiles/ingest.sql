-- Profile ingest: the lean indexes of the migrations alone. Takes away what profile analytics adds, and nothing else.

DROP INDEX IF EXISTS experience_analytics_time;
DROP INDEX IF EXISTS experience_analytics_reward;
DROP INDEX IF EXISTS experience_analytics_type;
DROP INDEX IF EXISTS experience_analytics_adna;
DROP INDEX IF EXISTS experience_analytics_intent;
DROP INDEX IF EXISTS experience_analytics_executor;
DROP INDEX IF EXISTS experience_analytics_parameters;
