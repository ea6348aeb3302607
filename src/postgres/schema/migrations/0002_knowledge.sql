-- What was learnt: policies, configuration and metrics. They belong to the database, not to a stream.
--
-- Of each state bin one version of its policy is active at most, of each component and key one version of its value.
-- Versions count from 1 without gaps: whoever saves one holds an advisory lock of the bin or the key meanwhile, and the
-- unique keys refuse what is written without it. A parent is older than its child, so that no lineage has a cycle.
--
-- Times have milliseconds, as the programs that read them.

CREATE TABLE adna_policies (
    policy_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state_bin_id TEXT NOT NULL CHECK (char_length(state_bin_id) BETWEEN 1 AND 255),
    rule_id TEXT NOT NULL CHECK (char_length(rule_id) BETWEEN 1 AND 255),
    -- Finite weights by action code: {"0": 0.25, "513": -1}.
    action_weights JSONB NOT NULL CHECK (
        jsonb_typeof(action_weights) = 'object'
        AND NOT jsonb_path_exists(
            action_weights,
            '$.keyvalue() ? (
                !(@.key like_regex "^(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$")
                || @.value.type() != "number"
                || @.value.abs() > 1.7976931348623157e308
            )',
            '{}',
            TRUE
        )
    ),
    metadata JSONB,
    version INTEGER NOT NULL CHECK (version >= 1),
    parent_policy_id BIGINT,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    total_executions BIGINT NOT NULL DEFAULT 0,
    -- Of all executions, exact: the mean does not depend on the order in which they were reported.
    reward_sum NUMERIC NOT NULL DEFAULT 0,
    avg_reward DOUBLE PRECISION NOT NULL GENERATED ALWAYS AS (
        CASE WHEN total_executions = 0 THEN 0
        -- The scale of the divisor is the least that the quotient has.
        ELSE (reward_sum / total_executions::NUMERIC(46, 30))::DOUBLE PRECISION END
    ) STORED,
    CONSTRAINT adna_policies_version UNIQUE (state_bin_id, version),
    CONSTRAINT adna_policies_parent FOREIGN KEY (parent_policy_id) REFERENCES adna_policies (policy_id),
    CONSTRAINT adna_policies_lineage CHECK (parent_policy_id < policy_id),
    CONSTRAINT adna_policies_executions CHECK (total_executions BETWEEN 0 AND 9007199254740991),
    CONSTRAINT adna_policies_reward CHECK (
        avg_reward > '-Infinity' AND avg_reward < 'Infinity' AND (total_executions > 0 OR reward_sum = 0)
    )
);

CREATE UNIQUE INDEX adna_policies_active ON adna_policies (state_bin_id) WHERE is_active;
CREATE INDEX adna_policies_best ON adna_policies (avg_reward DESC, policy_id) WHERE is_active;
CREATE INDEX adna_policies_children ON adna_policies (parent_policy_id) WHERE parent_policy_id IS NOT NULL;

CREATE TABLE configuration_store (
    config_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    component_name TEXT NOT NULL CHECK (char_length(component_name) BETWEEN 1 AND 255),
    config_key TEXT NOT NULL CHECK (char_length(config_key) BETWEEN 1 AND 255),
    config_value JSONB NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    -- The version before this one.
    parent_config_id BIGINT,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    is_active BOOLEAN NOT NULL DEFAULT TRUE,
    CONSTRAINT configuration_store_version UNIQUE (component_name, config_key, version),
    CONSTRAINT configuration_store_parent FOREIGN KEY (parent_config_id) REFERENCES configuration_store (config_id),
    CONSTRAINT configuration_store_lineage CHECK (parent_config_id < config_id)
);

CREATE UNIQUE INDEX configuration_store_active ON configuration_store (component_name, config_key) WHERE is_active;
CREATE INDEX configuration_store_children ON configuration_store (parent_config_id) WHERE parent_config_id IS NOT NULL;

CREATE TABLE learning_metrics (
    metric_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    timestamp TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    metric_type TEXT NOT NULL CHECK (char_length(metric_type) BETWEEN 1 AND 255),
    metric_data JSONB NOT NULL,
    related_policy_id BIGINT,
    -- The event is named by values, not by a key: it leaves its table when its day is archived.
    related_stream SMALLINT,
    related_sequence_number BIGINT CHECK (related_sequence_number >= 0),
    related_event_id UUID,
    CONSTRAINT learning_metrics_policy FOREIGN KEY (related_policy_id) REFERENCES adna_policies (policy_id),
    CHECK ((related_stream IS NULL) = (related_sequence_number IS NULL))
);

CREATE INDEX learning_metrics_time ON learning_metrics (timestamp DESC, metric_id DESC);
CREATE INDEX learning_metrics_type ON learning_metrics (metric_type, timestamp DESC, metric_id DESC);
CREATE INDEX learning_metrics_of_policy ON learning_metrics (related_policy_id, timestamp DESC, metric_id DESC)
    WHERE related_policy_id IS NOT NULL;
CREATE INDEX learning_metrics_without_id ON learning_metrics (related_stream, related_sequence_number)
    WHERE related_event_id IS NULL AND related_sequence_number IS NOT NULL;

-- Gives metrics the ids of the events of a day that they name by number alone, from the day's own partition. Called before
-- that leaves; returns how many metrics got one.
CREATE FUNCTION experience_keep_references(wanted DATE) RETURNS BIGINT
    LANGUAGE plpgsql AS $$
DECLARE
    events TEXT := 'experience_events_' || to_char(wanted, 'YYYYMMDD');
    changed BIGINT := 0;
BEGIN
    IF to_regclass(events) IS NOT NULL THEN
        EXECUTE format('UPDATE learning_metrics AS metric SET related_event_id = event.event_id FROM %I AS event
            WHERE metric.related_event_id IS NULL
                AND metric.related_stream = event.stream
                AND metric.related_sequence_number = event.sequence_number', events);
        GET DIAGNOSTICS changed = ROW_COUNT;
    END IF;
    RETURN changed;
END;
$$;
