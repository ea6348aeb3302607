-- Events, their metadata, and how far each stream is.
--
-- One row of experience_streams is one stream. Its checkpoint (next_seq, journal_position) is written in the transaction
-- that writes the rows it speaks of. An event is known by (stream, sequence_number).
--
-- Events and metadata are in one partition for each UTC day of the event's own timestamp. Unsigned fields have the SQL
-- integer of their width and keep their bits: a value in the upper half shows as a negative number. unsigned_16(),
-- unsigned_32() and unsigned_64() give the value. Timestamps are below 2^53.
--
-- The columns are ordered by alignment, so that a row has no padding (164 bytes with its header), those that are
-- indexed first.

CREATE TABLE experience_streams (
    stream SMALLINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream_id UUID NOT NULL UNIQUE,
    -- Who writes it: the journal of a stream, or calls of the backend itself.
    origin TEXT NOT NULL CHECK (origin IN ('journal', 'direct')),
    capacity BIGINT NOT NULL,
    required_mask SMALLINT NOT NULL,
    first_seq BIGINT NOT NULL,
    next_seq BIGINT NOT NULL,
    journal_position BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CHECK (first_seq <= next_seq)
);

CREATE TABLE experience_events (
    event_id UUID NOT NULL,
    sequence_number BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    episode_id BIGINT NOT NULL,
    step_number INTEGER NOT NULL,
    adna_version_hash INTEGER NOT NULL,
    stream SMALLINT NOT NULL,
    event_type SMALLINT NOT NULL,
    flags SMALLINT NOT NULL,
    -- Bits of the appraisers that have scored the event.
    appraisals SMALLINT NOT NULL,
    state_l1 REAL NOT NULL,
    state_l2 REAL NOT NULL,
    state_l3 REAL NOT NULL,
    state_l4 REAL NOT NULL,
    state_l5 REAL NOT NULL,
    state_l6 REAL NOT NULL,
    state_l7 REAL NOT NULL,
    state_l8 REAL NOT NULL,
    action_l1 REAL NOT NULL,
    action_l2 REAL NOT NULL,
    action_l3 REAL NOT NULL,
    action_l4 REAL NOT NULL,
    action_l5 REAL NOT NULL,
    action_l6 REAL NOT NULL,
    action_l7 REAL NOT NULL,
    action_l8 REAL NOT NULL,
    reward_homeostasis REAL NOT NULL,
    reward_curiosity REAL NOT NULL,
    reward_efficiency REAL NOT NULL,
    reward_goal REAL NOT NULL
) PARTITION BY RANGE (timestamp);

CREATE TABLE action_metadata (
    stream SMALLINT NOT NULL,
    sequence_number BIGINT NOT NULL,
    -- The event's.
    timestamp BIGINT NOT NULL,
    event_id UUID NOT NULL,
    intent_type TEXT,
    executor_id TEXT,
    parameters JSONB,
    -- The metadata in MessagePack where the columns cannot hold it bit for bit: U+0000 is U+FFFD there.
    exact BYTEA
) PARTITION BY RANGE (timestamp);

-- Which days have events of which stream, warm or archived, and between which bounds; kept in the transaction that writes
-- the events. Queries look here first, so that they touch few partitions. Bounds of episodes are those of their bits.
CREATE TABLE experience_days (
    day DATE NOT NULL,
    stream SMALLINT NOT NULL REFERENCES experience_streams,
    min_seq BIGINT NOT NULL,
    max_seq BIGINT NOT NULL,
    min_timestamp BIGINT NOT NULL,
    max_timestamp BIGINT NOT NULL,
    min_episode BIGINT NOT NULL,
    max_episode BIGINT NOT NULL,
    events BIGINT NOT NULL,
    PRIMARY KEY (day, stream)
);

-- Numbers that hold no event: [start_seq, end_seq).
CREATE TABLE experience_gaps (
    stream SMALLINT NOT NULL REFERENCES experience_streams,
    start_seq BIGINT NOT NULL,
    end_seq BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('aborted', 'damaged', 'missed')),
    PRIMARY KEY (stream, start_seq),
    CHECK (start_seq < end_seq)
);

-- Fields that keep their bits, as the numbers that they are.
CREATE FUNCTION unsigned_64(bits BIGINT) RETURNS NUMERIC
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN bits::NUMERIC + CASE WHEN bits < 0 THEN 18446744073709551616 ELSE 0 END;

CREATE FUNCTION unsigned_32(bits INTEGER) RETURNS BIGINT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN bits::BIGINT + CASE WHEN bits < 0 THEN 4294967296 ELSE 0 END;

CREATE FUNCTION unsigned_16(bits SMALLINT) RETURNS INTEGER
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN bits::INTEGER + CASE WHEN bits < 0 THEN 65536 ELSE 0 END;

-- Makes the partitions of a day where they are missing; true if it made them. They are made apart and then attached, which
-- stands in the way of no reader and no writer.
CREATE FUNCTION experience_ensure_day(wanted DATE) RETURNS BOOLEAN
    LANGUAGE plpgsql AS $$
DECLARE
    suffix TEXT := to_char(wanted, 'YYYYMMDD');
    events TEXT := 'experience_events_' || suffix;
    metadata TEXT := 'action_metadata_' || suffix;
    begins BIGINT := (wanted - DATE '1970-01-01')::BIGINT * 86400000000;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('experience_ensure_day'));
    -- By rows: what to_regclass knows may be older than the lock.
    IF EXISTS (SELECT FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
               WHERE inhparent = 'experience_events'::REGCLASS AND relname = events) THEN
        RETURN FALSE;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE experience_events INCLUDING ALL)', events);
    EXECUTE format('CREATE TABLE %I (LIKE action_metadata INCLUDING ALL)', metadata);
    EXECUTE format('ALTER TABLE experience_events ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
        events, begins, begins + 86400000000);
    EXECUTE format('ALTER TABLE action_metadata ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
        metadata, begins, begins + 86400000000);
    -- A partitioned table cannot have a unique key without its partition key; the same event always has the same day.
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (stream, sequence_number) WITH (fillfactor = 100)',
        events || '_key', events);
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (stream, sequence_number)', metadata || '_key', metadata);
    RETURN TRUE;
END;
$$;

-- The lean indexes, which both profiles have. Those of an episode and of an id share entries or are in order for v7 ids.
CREATE INDEX experience_events_episode ON experience_events (episode_id, stream);
CREATE INDEX experience_events_id ON experience_events (event_id);
CREATE INDEX experience_events_time ON experience_events USING brin (timestamp) WITH (pages_per_range = 32);
