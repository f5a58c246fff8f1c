/** What the Worker is given by wrangler.toml and its secrets. */
import type { ObjectsEnv } from "./counters/shards.ts";
import type { OperatorsEnv } from "./own-paths/operator.ts";

export interface Env extends ObjectsEnv, OperatorsEnv {
  /** At least 32 random bytes in base64url. Absent or short: nothing is minted, accepted or asked, only limits remain. */
  readonly SHIELD_SECRET?: string;
  /** Accepted, not used: for rotation. */
  readonly SHIELD_SECRET_PREVIOUS?: string;
  /** Sent to the origin as Shield-Origin-Key, and to nobody else. */
  readonly ORIGIN_KEY?: string;
  /** URL of the origin of every site that names none of its own. */
  readonly ORIGIN?: string;
  readonly ORIGIN_SERVICE?: Fetcher;
  readonly SUPPORT_PHONE?: string;
  /** Comma-separated, the first is the default. */
  readonly LANGUAGES?: string;
}
