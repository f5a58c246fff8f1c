/**
 * The shard's side of strict budgets: how many tokens of a key may be out. One shard owns the key and grants in one place,
 * so whoever asks from wherever, what is granted never exceeds the budget.
 *
 * A token is spent some time after it was granted, so grants keep a burst that is smaller by what comes back in that time:
 *     spends in t ≤ grants in (t + lease) ≤ (burst − rate × lease) + rate × (t + lease) = burst + rate × t.
 *
 * What was granted is known in memory only. One row says until when any of it matters, written ahead so that it is seldom
 * written; a shard that restarts before then takes every key for spent to the full. It so grants no burst until the longest
 * lease and the longest budget have run out, and the steady rate meanwhile, which is right in any case.
 */
import { spent, waitMs } from "./gcra.ts";

/** The clocks of two machines on which the same object runs one after the other may differ so much, ms. */
const CLOCK_SKEW_MS = 1000;
/** How far ahead the row is written: at most one write in that time, ms. */
const WRITE_AHEAD_MS = 10_000;
/** About 100 bytes each. */
const KEYS_MAX = 32_768;
const PURGE_EVERY_MS = 1000;
/** Who is refused asks again no sooner, ms, and later the more do: a spent key costs this shard so many calls a second. */
const ASK_AGAIN_MS = 1000;
const CALLS_PER_SECOND = 200;
/** One isolate may hold so much of a budget at once, so that it does not starve the others. */
const SHARE_MAX = 0.25;
/** Ahead of any need a budget is given out only down to this share of its burst: what nobody uses is lost to those who need it. */
const AHEAD_LEAVES = 0.5;

export interface GrantRequest {
  /** Halves of the key's 64-bit keyed hash: no name, no address. */
  readonly hi: number;
  readonly lo: number;
  /** Tokens that somebody waits for, or is about to; 0 where the isolate only asks ahead. */
  readonly tokens: number;
  /** So many more for those who may come next, as long as half of the budget is left to others. */
  readonly ahead?: number;
  /** Milliseconds of the budget's time that one token spends. */
  readonly emissionMs: number;
  /** Burst × emissionMs. */
  readonly toleranceMs: number;
}

export interface Grant {
  /** 0 to what was asked for. */
  readonly tokens: number;
  /** How long they are good, counted from when they were asked for, ms. */
  readonly leaseMs: number;
  /** With fewer tokens than were asked for: when it is worth asking again, ms. */
  readonly retryMs: number;
  /** Without tokens: whether that is only because this shard restarted lately and does not know what was granted before. */
  readonly recovering?: boolean;
}

/** The one row. Its writes must be durable before an answer leaves the object: what the platform's output gate is for. */
export interface LeaseEpoch {
  read(): number;
  write(until: number): void;
}

/** Long enough to fetch ahead, short enough that a budget keeps most of its burst. */
export function leaseMsOf(toleranceMs: number): number {
  return Math.min(5000, toleranceMs / 4);
}

/**
 * For so long after a restart a shard has nothing to grant to a key that it does not know, and says `recovering`: what its
 * earlier life granted at the last moment may be spent until then. Meanwhile the caller's table of failures decides, and where
 * that lets pass, isolates hold the budget by their tallies (bound.ts).
 */
export function recoveryMs({ emissionMs, toleranceMs }: Pick<GrantRequest, "emissionMs" | "toleranceMs">): number {
  return CLOCK_SKEW_MS + toleranceMs - grantedBurstMs(emissionMs, toleranceMs) + emissionMs;
}

/** How far ahead of the clock grants may run: a burst smaller by what comes back while tokens are out. */
function grantedBurstMs(emissionMs: number, toleranceMs: number): number {
  return Math.max(emissionMs, toleranceMs - leaseMsOf(toleranceMs));
}

export class StrictGrants {
  readonly #tats = new Map<string, number>();
  readonly #epoch: LeaseEpoch;
  readonly #startedAt: number;
  readonly #restarted: boolean;
  #writtenUntil: number;
  #purgedAt = 0;
  #paceSince = 0;
  #callsSince = 0;
  #callsPerSecond = 0;

  /** @param now when the object started, ms since 1970 */
  constructor(epoch: LeaseEpoch, now: number) {
    this.#epoch = epoch;
    this.#startedAt = now;
    this.#writtenUntil = epoch.read();
    this.#restarted = this.#writtenUntil > now - CLOCK_SKEW_MS;
  }

  grant(request: GrantRequest, now: number): Grant {
    const { emissionMs, toleranceMs } = request;
    const leaseMs = leaseMsOf(toleranceMs);
    const spend = { incrementMs: emissionMs, toleranceMs: grantedBurstMs(emissionMs, toleranceMs) };
    const key = `${request.hi} ${request.lo}`;
    this.#purge(now);
    this.#countCall(now);
    const known = this.#tats.get(key);
    if (known === undefined && this.#tats.size >= KEYS_MAX) return { tokens: 0, leaseMs, retryMs: this.#askAgainMs() };
    let tat = known ?? this.#tatOfStranger(toleranceMs);
    const most = Math.max(1, Math.floor((SHARE_MAX * toleranceMs) / emissionMs));
    const wanted = Math.min(request.tokens, most);
    const withAhead = Math.min(request.tokens + (request.ahead ?? 0), most);
    const ahead = { ...spend, toleranceMs: (1 - AHEAD_LEAVES) * spend.toleranceMs };
    let tokens = 0;
    while (tokens < withAhead && waitMs(tat, tokens < wanted ? spend : ahead, now) === 0) {
      tat = spent(tat, emissionMs, now);
      tokens++;
    }
    // Less than was asked for: the key is spent, and who has used up what she gets need not ask at once.
    const retryMs = tokens < wanted ? Math.max(waitMs(tat, spend, now), this.#askAgainMs()) : 0;
    if (tokens === 0) return { tokens, leaseMs, retryMs, recovering: known === undefined && this.#restarted };
    this.#tats.set(key, tat);
    this.#promise(Math.max(tat, now + leaseMs));
    return { tokens, leaseMs, retryMs };
  }

  #countCall(now: number): void {
    const overMs = now - this.#paceSince;
    if (overMs >= 1000) {
      this.#callsPerSecond = (this.#callsSince * 1000) / overMs;
      this.#callsSince = 0;
      this.#paceSince = now;
    }
    this.#callsSince++;
  }

  #askAgainMs(): number {
    return ASK_AGAIN_MS * Math.max(1, Math.max(this.#callsPerSecond, this.#callsSince) / CALLS_PER_SECOND);
  }

  /** After a restart nobody knows what was granted before: at the most everything up to the moment of the restart. */
  #tatOfStranger(toleranceMs: number): number {
    return this.#restarted ? this.#startedAt + CLOCK_SKEW_MS + toleranceMs : 0;
  }

  /** Nothing is granted that a later start would not know to have been possible. */
  #promise(until: number): void {
    if (until <= this.#writtenUntil) return;
    this.#writtenUntil = until + WRITE_AHEAD_MS;
    this.#epoch.write(this.#writtenUntil);
  }

  /** A key that has recovered needs no memory: whoever is not remembered is taken for a stranger, who has spent no less. */
  #purge(now: number): void {
    if (this.#tats.size < KEYS_MAX || now - this.#purgedAt < PURGE_EVERY_MS) return;
    this.#purgedAt = now;
    for (const [key, tat] of this.#tats) if (tat <= now) this.#tats.delete(key);
  }
}
