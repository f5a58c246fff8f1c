/** For labs whose counters always answer, if slowly where the machine is busy: in place of src/counters/patience.ts, ms. */
const LONG_MS = 60_000;

export const OWNER_PATIENCE_MS = LONG_MS;
export const STRICT_PATIENCE_MS = LONG_MS;
export const OVERDUE_PATIENCE_MS = LONG_MS;
export const PUZZLE_PATIENCE_MS = LONG_MS;
export const FORM_PATIENCE_MS = LONG_MS;
export const GRANT_PATIENCE_MS = LONG_MS;
export const WATCH_PATIENCE_MS = LONG_MS;
export const EXCHANGE_PATIENCE_MS = LONG_MS;
export const LOST_PUZZLE_MS = LONG_MS;
