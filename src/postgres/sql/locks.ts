/**
 * The advisory locks of the tier. Those of two keys have a class, a constant of this file, and an object, such as a day;
 * no class is used with two meanings.
 *
 * @module
 */

/** Held by whoever migrates: `pg_advisory_lock(MIGRATION_LOCK, 0)`. */
export const MIGRATION_LOCK = 0x45585001

/**
 * Of days, by their number since 1970-01-01. Whoever writes rows of days takes them shared, ascending, before it touches
 * a table of events in that transaction; whoever moves a day into the archive takes it exclusive.
 */
export const DAY_LOCK = 0x45585002

/** Of state bins, by the hash of the name: whoever changes which version of a policy is the active one holds it. */
export const POLICY_LOCK = 0x45585003

/** Of components and keys, by the hash of both: the same for configuration. */
export const CONFIGURATION_LOCK = 0x45585004

/** Held by whoever moves events into files or between them, one at a time: `pg_try_advisory_xact_lock(ARCHIVE_LOCK, 0)`. */
export const ARCHIVE_LOCK = 0x45585005

/** Held by whoever adds a stream: `pg_advisory_xact_lock(STREAMS_LOCK, 0)`. */
export const STREAMS_LOCK = 0x45585006
