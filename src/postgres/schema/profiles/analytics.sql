-- Profile analytics: what the queries by time, reward, type, version and metadata need to be fast. Each index costs every
-- write.

CREATE INDEX IF NOT EXISTS experience_events_by_time ON experience_events (stream, timestamp, sequence_number);

-- The total as the record has it: in REAL, from the left to the right.
CREATE INDEX IF NOT EXISTS experience_events_by_reward ON experience_events
    (stream, (reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal), sequence_number);

CREATE INDEX IF NOT EXISTS experience_events_by_type ON experience_events (stream, event_type);

-- Versions follow each other in time, so that ranges of pages have few of them each.
CREATE INDEX IF NOT EXISTS experience_events_by_adna ON experience_events
    USING brin (adna_version_hash int4_minmax_multi_ops) WITH (pages_per_range = 32);

-- Texts may be longer than an entry of a B-tree can be.
CREATE INDEX IF NOT EXISTS action_metadata_by_intent ON action_metadata USING hash (intent_type);
CREATE INDEX IF NOT EXISTS action_metadata_by_executor ON action_metadata USING hash (executor_id);
CREATE INDEX IF NOT EXISTS action_metadata_by_parameters ON action_metadata USING gin (parameters jsonb_path_ops);
