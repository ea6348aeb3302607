/**
 * A database of known size whose plans are shown: so many events on each of a few days, some with metadata.
 *
 * @module
 */

export const DAYS = 5
/** Events of a day. */
export const EACH = 20_000
/** 2026-11-01T00:00:00Z in µs. */
export const FIRST_DAY_US = 1_793_491_200_000_000
export const STREAM_ID = '018f5a3c-0000-7000-8000-000000000001'

const TOTAL = DAYS * EACH

/** Statements that fill a migrated database. Episodes have 100 events; every 20th event has metadata. */
export const DATA = `
  INSERT INTO experience_streams (stream_id, origin, capacity, required_mask, first_seq, next_seq, journal_position)
    VALUES ('${STREAM_ID}', 'journal', 1000, 15, 0, ${TOTAL}, 1);
  SELECT count(experience_ensure_day(DATE '2026-11-01' + d)) FROM generate_series(0, ${DAYS - 1}) d;
  INSERT INTO experience_events (stream, event_id, sequence_number, timestamp, episode_id, step_number, adna_version_hash,
      event_type, flags, appraisals, reward_homeostasis, reward_curiosity, reward_efficiency, reward_goal,
      ${[...'12345678'].map((i) => `state_l${i}, action_l${i}`).join(', ')})
    SELECT 1, md5(i::TEXT)::UUID, i, ${FIRST_DAY_US} + i * (86400000000 / ${EACH}), i / 100, i % 100, i / 10000, 256 + i % 50, i % 16,
      15, 0, 0, 0, CASE WHEN i % 3 = 0 THEN 0 ELSE (i * 7919 % 1000) / 1000.0 END, ${Array(16).fill('0').join(', ')}
      FROM generate_series(0, ${TOTAL - 1}) i;
  INSERT INTO action_metadata (stream, sequence_number, timestamp, event_id, intent_type, executor_id, parameters)
    SELECT stream, sequence_number, timestamp, event_id, 'intent-' || sequence_number / 20 % 1000,
        'executor-' || sequence_number / 20 % 10, jsonb_build_object('target', sequence_number / 20 % 500)
      FROM experience_events WHERE sequence_number % 20 = 0;
  INSERT INTO experience_days
      (day, stream, min_seq, max_seq, min_timestamp, max_timestamp, min_episode, max_episode, events)
    SELECT DATE '1970-01-01' + (timestamp / 86400000000)::INTEGER, stream, min(sequence_number), max(sequence_number),
        min(timestamp), max(timestamp), min(episode_id), max(episode_id), count(*) FROM experience_events GROUP BY 1, 2;
  INSERT INTO adna_policies (state_bin_id, rule_id, action_weights, version, is_active)
    SELECT 'bin-' || i / 5, 'rule', '{"1": 0.5}', 1 + i % 5, i % 5 = 4 FROM generate_series(0, 9999) i;
  INSERT INTO configuration_store (component_name, config_key, config_value, version, is_active)
    SELECT 'component-' || i / 50, 'key-' || i / 5 % 10, '0.25', 1 + i % 5, i % 5 = 4 FROM generate_series(0, 4999) i;
  INSERT INTO learning_metrics (metric_type, metric_data, timestamp, related_policy_id, related_stream, related_sequence_number)
    SELECT CASE WHEN i % 10 = 0 THEN 'proposal_accepted' ELSE 'reward_trend' END, '{}',
        TIMESTAMPTZ '2026-11-01 00:00:00Z' + i * INTERVAL '1 minute', 1 + i % 1000, 1, i FROM generate_series(0, 9999) i;
`
