-- Profile analytics: what the queries by time, reward, type, version and metadata need to be fast. Each index costs every
-- write.

CREATE INDEX IF NOT EXISTS experience_analytics_time ON experience_events (stream, timestamp, sequence_number);

-- The total as the record has it: in REAL, from the left to the right.
CREATE INDEX IF NOT EXISTS experience_analytics_reward ON experience_events
    (stream, (reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal), sequence_number);

CREATE INDEX IF NOT EXISTS experience_analytics_type ON experience_events (stream, event_type);
CREATE INDEX IF NOT EXISTS experience_analytics_adna ON experience_events (adna_version_hash);
CREATE INDEX IF NOT EXISTS experience_analytics_intent ON action_metadata (intent_type);
CREATE INDEX IF NOT EXISTS experience_analytics_executor ON action_metadata (executor_id);
CREATE INDEX IF NOT EXISTS experience_analytics_parameters ON action_metadata USING gin (parameters jsonb_path_ops);
