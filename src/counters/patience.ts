/**
 * How long one waits for a counter before it counts as silent, ms. In one place, so that the tests of budgets can replace it
 * (test/lab/patience.ts): there a busy machine must not look like a silent counter, or each isolate would count alone.
 */

/** A shard waits so long for the owner of an errand. */
export const OWNER_PATIENCE_MS = 400;
/** One who signs in waits so long for a counter once it is asked. */
export const STRICT_PATIENCE_MS = 600;
/**
 * After so long errands do not wait for an exchange that is under way: they go to their owners, one call to each. Longer than a
 * well shard takes from the far side of the world (300 ms to find it, as long on the way, a courier's round, the owner), or
 * thousands of isolates did so because all are slow in the first second of a flood.
 */
export const OVERDUE_PATIENCE_MS = 1300;
/** A solved puzzle waits so long for its shard once the exchange is due, before the visitor is told to try again. */
export const PUZZLE_PATIENCE_MS = 2000;
/** Who hands in a form again waits so long for the shard that knows whether it was sent. */
export const FORM_PATIENCE_MS = 2000;
/** Who was let in by the help desk waits so long for the shard that knows it. */
export const GRANT_PATIENCE_MS = 2000;
/** An operator waits so long for the watch. */
export const WATCH_PATIENCE_MS = 3000;
/** An exchange that takes longer has failed. */
export const EXCHANGE_PATIENCE_MS = 3000;
/** Puzzles that were taken along by an exchange which never ended are asked about again. */
export const LOST_PUZZLE_MS = 5000;
