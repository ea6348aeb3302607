-- Days that are in files.
--
-- A day moves in one transaction: rows of experience_archives appear, its partitions go, the generation grows by one. So a
-- transaction that reads rows of events, and then the generation and the files, sees every event in exactly one of the two.
-- Files are never changed. When late rewards are folded into a file, a new one takes its place; the old one, and the
-- rewards, stay for a while, for readers and backups that began before.

-- One row.
CREATE TABLE experience_archive_state (
    one BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    -- The same stands in the directory that belongs to this database. Given by the first run, not here: a database may be
    -- copied as a template of others.
    archive_id UUID,
    -- Where that directory was last seen, for people.
    directory TEXT,
    generation BIGINT NOT NULL DEFAULT 0,
    -- Names of files have a number of this; none is given out twice.
    ordinal BIGINT NOT NULL DEFAULT 0,
    -- Files that were replaced in this generation or before it are gone, and so are the rewards that were folded into others.
    purged_generation BIGINT NOT NULL DEFAULT 0
);
INSERT INTO experience_archive_state DEFAULT VALUES;

-- One row for each file. Ranges are inclusive.
CREATE TABLE experience_archives (
    -- Below the directory, with forward slashes.
    file TEXT PRIMARY KEY,
    day DATE NOT NULL,
    stream SMALLINT NOT NULL REFERENCES experience_streams,
    format TEXT NOT NULL,
    events BIGINT NOT NULL CHECK (events > 0),
    metadata BIGINT NOT NULL,
    min_seq BIGINT NOT NULL,
    max_seq BIGINT NOT NULL,
    min_timestamp BIGINT NOT NULL,
    max_timestamp BIGINT NOT NULL,
    -- As numbers, not as bits.
    min_episode NUMERIC(20) NOT NULL,
    max_episode NUMERIC(20) NOT NULL,
    -- As written; rewards that came later and are not folded in are not in it.
    min_total_reward REAL NOT NULL,
    max_total_reward REAL NOT NULL,
    min_event_id UUID NOT NULL,
    max_event_id UUID NOT NULL,
    -- All type codes, if they are few.
    event_types INTEGER[],
    -- The sequence numbers as ranges: start, end (not included), start, …; NULL if there are many.
    sequence_ranges BIGINT[],
    bytes BIGINT NOT NULL,
    -- SHA-256 of the file, and of the events in it: number, record, appraisals and metadata of each.
    checksum BYTEA NOT NULL,
    content_checksum BYTEA NOT NULL,
    added_in BIGINT NOT NULL,
    -- The generation since which another file stands for it; NULL for a file that counts.
    replaced_in BIGINT,
    replaced_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX experience_archives_seq ON experience_archives (stream, min_seq, max_seq) WHERE replaced_in IS NULL;
CREATE INDEX experience_archives_day ON experience_archives (day);

-- Days that archive_old_events wants to see in files.
CREATE TABLE experience_archive_marks (
    day DATE PRIMARY KEY,
    marked_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- What became of events that are in files. A state, not an operation: the rewards of the slots that it names replace those
-- of the event, flags and appraisals are joined by OR.
CREATE TABLE experience_archive_corrections (
    stream SMALLINT NOT NULL REFERENCES experience_streams,
    sequence_number BIGINT NOT NULL,
    flags INTEGER NOT NULL,
    appraisals SMALLINT NOT NULL,
    slots SMALLINT NOT NULL,
    reward_homeostasis REAL NOT NULL,
    reward_curiosity REAL NOT NULL,
    reward_efficiency REAL NOT NULL,
    reward_goal REAL NOT NULL,
    -- The generation since which the files have it; NULL if they have not.
    folded_in BIGINT,
    PRIMARY KEY (stream, sequence_number)
);
CREATE INDEX experience_archive_corrections_folded ON experience_archive_corrections (folded_in)
    WHERE folded_in IS NOT NULL;

-- The days that have partitions, ascending.
CREATE FUNCTION experience_warm_days() RETURNS SETOF DATE
    LANGUAGE sql STABLE AS $$
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD')
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'experience_events'::regclass AND c.relname ~ '^experience_events_[0-9]{8}$'
    ORDER BY 1
$$;

-- Marks the days that ended `days` days ago or earlier, so that the next run of the archive moves them into files, which
-- no function of a database can. Drops nothing. Returns how many events are in the days that were not marked before.
CREATE FUNCTION archive_old_events(days INTEGER) RETURNS BIGINT
    LANGUAGE plpgsql AS $$
DECLARE
    today BIGINT := floor(extract(epoch FROM now()) / 86400);
    concerned BIGINT;
BEGIN
    IF days IS NULL OR days < 0 THEN
        RAISE EXCEPTION 'days must be 0 or more, it is %', coalesce(days::TEXT, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WITH marked AS (
        INSERT INTO experience_archive_marks (day)
        SELECT day FROM experience_warm_days() AS warm (day)
        WHERE (day - DATE '1970-01-01')::BIGINT < today - days
        ON CONFLICT DO NOTHING
        RETURNING day
    )
    SELECT coalesce(sum(d.events - coalesce(a.events, 0)), 0) INTO concerned
    FROM experience_days d
    JOIN marked USING (day)
    LEFT JOIN (
        SELECT day, stream, sum(events) AS events FROM experience_archives
        WHERE replaced_in IS NULL GROUP BY day, stream
    ) a USING (day, stream);
    RETURN concerned;
END;
$$;
