-- What analysts read: unsigned values, times, total rewards, and the questions that are asked most.
--
-- All of it shows the days that are in tables; archived days are in files.

-- A time as events have it. Conditions on the column timestamp find the days that they need; those on a time that a view
-- computes read all of them.
CREATE FUNCTION unix_microseconds(moment TIMESTAMPTZ) RETURNS BIGINT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (extract(EPOCH FROM moment) * 1000000)::BIGINT;

-- The bits that hold a number: what unsigned_64(), unsigned_32() and unsigned_16() make of them is the number again.
CREATE FUNCTION signed_64(value NUMERIC) RETURNS BIGINT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (value - CASE WHEN value BETWEEN 9223372036854775808 AND 18446744073709551615
        THEN 18446744073709551616 ELSE 0 END)::BIGINT;

CREATE FUNCTION signed_32(value BIGINT) RETURNS INTEGER
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (value - CASE WHEN value BETWEEN 2147483648 AND 4294967295 THEN 4294967296 ELSE 0 END)::INTEGER;

CREATE FUNCTION signed_16(value INTEGER) RETURNS SMALLINT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (value - CASE WHEN value BETWEEN 32768 AND 65535 THEN 65536 ELSE 0 END)::SMALLINT;

-- Events with values instead of bits, one row an event.
CREATE VIEW readable_events AS
SELECT
    stream,
    sequence_number,
    event_id,
    TIMESTAMPTZ 'epoch' + timestamp * INTERVAL '1 microsecond' AS occurred_at,
    timestamp,
    unsigned_64(episode_id) AS episode_id,
    unsigned_32(step_number) AS step_number,
    unsigned_16(event_type) AS event_type,
    unsigned_16(flags) AS flags,
    flags & 16 <> 0 AS fully_appraised,
    state_l1, state_l2, state_l3, state_l4, state_l5, state_l6, state_l7, state_l8,
    action_l1, action_l2, action_l3, action_l4, action_l5, action_l6, action_l7, action_l8,
    reward_homeostasis,
    reward_curiosity,
    reward_efficiency,
    reward_goal,
    reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal AS total_reward,
    unsigned_32(adna_version_hash) AS adna_version_hash
FROM experience_events;

-- Events of more than half a point of reward with what led to them. The newest: ORDER BY timestamp DESC LIMIT 1000.
CREATE VIEW valuable_events AS
SELECT event.*, metadata.intent_type, metadata.executor_id, metadata.parameters
FROM readable_events AS event
LEFT JOIN action_metadata AS metadata USING (stream, sequence_number, timestamp)
WHERE event.total_reward > 0.5::REAL;

-- The policies in force. The best: ORDER BY avg_reward DESC.
CREATE VIEW policy_performance AS
SELECT policy_id, state_bin_id, rule_id, version, total_executions, avg_reward, updated_at
FROM adna_policies
WHERE is_active;

-- Every value that a parameter has had, what it was before, and until when it held.
CREATE VIEW configuration_history AS
SELECT
    component_name,
    config_key,
    version,
    config_value,
    lag(config_value) OVER versions AS previous_value,
    created_at AS valid_from,
    lead(created_at) OVER versions AS valid_to,
    is_active
FROM configuration_store
WINDOW versions AS (PARTITION BY component_name, config_key ORDER BY version);

-- Days in figures. It shows what was there when it was refreshed last: refresh_daily_experience().
CREATE MATERIALIZED VIEW daily_experience AS
SELECT
    stream,
    DATE '1970-01-01' + (timestamp / 86400000000)::INTEGER AS day,
    unsigned_16(event_type) AS event_type,
    count(*) AS events,
    count(*) FILTER (WHERE flags & 16 <> 0) AS fully_appraised,
    avg((reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal)::DOUBLE PRECISION) AS mean_reward,
    min(reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal) AS least_reward,
    max(reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal) AS largest_reward,
    sum((reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal)::DOUBLE PRECISION) AS reward_sum,
    min(timestamp) AS first_timestamp,
    max(timestamp) AS last_timestamp
FROM experience_events
GROUP BY 1, 2, 3;

CREATE UNIQUE INDEX daily_experience_key ON daily_experience (stream, day, event_type);

-- Readers are not kept waiting while it runs. Refreshing is the right of the owner.
CREATE FUNCTION refresh_daily_experience() RETURNS VOID
    LANGUAGE plpgsql AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY daily_experience;
END;
$$;
