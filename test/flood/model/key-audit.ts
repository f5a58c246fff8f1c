/**
 * Judges the counters from outside, key by key.
 *
 * Over-admission is as src/counters/bound.ts defines it: what was let through beyond burst + rate × time, in any span of time.
 * Let through is what stays spent: what is given back, as nothing came of it, never was.
 *
 * An exact counter, which knows at once of all that is asked for, says what the budget would have let pass, and when it would
 * first have said no. The age of news is from then until every isolate that is still asked has heard from its shard where the
 * key stood then, or that it is over its budget; of a strict budget, until the owner answered it, as nothing passes without.
 * For an isolate that nobody asks until later it begins when somebody does: before, there was no traffic for which to know it.
 * A key's news is as old as that of the last of its isolates.
 */
import { overAdmissionBound } from "../../../src/counters/bound.ts";
import { type Spend, spent, waitMs } from "../../../src/counters/gcra.ts";
import type { Charge } from "../../../src/policy/verdict.ts";
import { type KeyHash, type SipKey, sipHash } from "../../../src/siphash.ts";

/** A key counts as over its budget when so many times as much was asked as the budget holds. */
const WELL_OVER = 1.2;
const GROWTH = 2;
/** After such a pause, ms, a key's budget has begun to recover everywhere: what comes then is another episode. */
const EPISODE_ENDS_AFTER_MS = 2000;
/** Goal for news, ms: who has not heard by then is late, before that the run was merely too short to tell. */
const NEWS_WITHIN_MS = 5000;

export interface KeyReport {
  readonly key: string;
  readonly isolates: number;
  readonly askedUnits: number;
  readonly admittedUnits: number;
  /** What one counter that knows everything at once would have admitted. */
  readonly budgetUnits: number;
  /** Admitted beyond burst + rate × time, in the worst span of time. */
  readonly overUnits: number;
  /** As the README states it and src/counters/bound.ts explains it. */
  readonly boundUnits: number;
  /** Until every isolate that was asked had heard of it; null when the run does not tell. */
  readonly newsMs: number | null;
  /** Isolates that had not heard of it after 5 s although they were still asked. */
  readonly ignorantIsolates: number;
}

interface Key {
  readonly name: string;
  /** Of one unit. */
  readonly spend: Spend;
  isolates: number;
  /** Asked in the last episode after the exact counter's first no, but never told. */
  untold: number;
  /** Of the exact counter. */
  tat: number;
  /** Of what was let through. */
  passedTat: number;
  /** Units that the dearest request asked for. */
  unitsMax: number;
  asked: number;
  admitted: number;
  exact: number;
  worstOver: number;
  lastAskedAt: number;
  episode: number;
  /** When the exact counter said no for the first time in this episode. */
  overAt: number;
  /** Where the exact counter stood then. */
  overTat: number;
  /** Whether it ever did. */
  everOver: boolean;
  newsMs: number;
}

const NEVER = 0;

export class KeyAudit {
  readonly #keys: Key[] = [];
  readonly #ids = new Map<string, number>();
  readonly #byHash = new Map<string, number>();
  readonly #hashKey: SipKey;
  /** By key and isolate. */
  readonly #pairs = new Map<number, number>();
  /** By pair: in which episode the isolate was asked after the exact counter's first no, and in which it had heard. */
  #askedIn = new Float64Array(1024);
  #toldIn = new Float64Array(1024);
  /** By pair: when the isolate was first asked in that episode after the exact counter's first no. */
  #askedAt = new Float64Array(1024);
  /** By pair: the latest that the isolate's shard told of the key. */
  #toldTat = new Float64Array(1024);
  readonly #isolates: number;

  /** @param hashKey the key under which isolates tell of their clients */
  constructor(isolates: number, hashKey: SipKey) {
    this.#isolates = isolates;
    this.#hashKey = hashKey;
  }

  idOf(charge: Charge): number {
    const name = `${charge.budget.name}|${charge.key}`;
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#keys.length;
    this.#keys.push(newKey(name, charge));
    this.#ids.set(name, id);
    this.#byHash.set(hashName(sipHash(this.#hashKey, name)), id);
    // As purses name it to the owner.
    if (charge.budget.strict) this.#byHash.set(hashName(sipHash(this.#hashKey, `strict ${name}`)), id);
    return id;
  }

  /** A number for what this isolate sees of this key, to be passed to `ask`. */
  pairOf(id: number, isolate: number): number {
    const name = id * this.#isolates + isolate;
    const known = this.#pairs.get(name);
    if (known !== undefined) return known;
    const pair = this.#pairs.size;
    this.#pairs.set(name, pair);
    const key = this.#keys[id];
    if (key) key.isolates++;
    if (pair >= this.#askedIn.length) {
      this.#askedIn = grown(this.#askedIn);
      this.#toldIn = grown(this.#toldIn);
      this.#askedAt = grown(this.#askedAt);
      this.#toldTat = grown(this.#toldTat);
    }
    return pair;
  }

  /**
   * An isolate was asked for so many units; `times` in this same millisecond.
   * @param share what of them is spent by whoever passes
   * @returns whether the exact counter lets it pass, the first time
   */
  ask(id: number, pair: number, units: number, now: number, times = 1, share = 1): boolean {
    const key = this.#keys[id];
    if (!key) return false;
    if (now - key.lastAskedAt > EPISODE_ENDS_AFTER_MS) {
      key.episode++;
      key.overAt = NEVER;
    }
    key.lastAskedAt = now;
    key.asked += units * times;
    key.unitsMax = Math.max(key.unitsMax, units);
    const spend = { ...key.spend, incrementMs: key.spend.incrementMs * units };
    let passed = 0;
    while (passed < times && waitMs(key.tat, spend, now) === 0) {
      key.tat = spent(key.tat, spend.incrementMs * share, now);
      key.exact += units * share;
      passed++;
    }
    if (passed < times && key.overAt === NEVER) {
      key.overAt = now;
      key.overTat = key.tat;
      key.everOver = true;
    }
    if (key.overAt !== NEVER) {
      if (this.#askedIn[pair] !== key.episode) this.#askedAt[pair] = now;
      this.#askedIn[pair] = key.episode;
      // What it was told before the exact counter said no may suffice already.
      if (this.#toldIn[pair] !== key.episode) this.#tell(key, pair, now);
    }
    return passed > 0;
  }

  /** The exact counter let so many units pass, but for another reason nothing came of them. */
  giveBack(id: number, units: number): void {
    const key = this.#keys[id];
    if (!key) return;
    key.exact -= units;
    key.tat -= key.spend.incrementMs * units;
  }

  /** So many units passed, and are not given back. */
  admit(id: number, units: number, now: number): void {
    const key = this.#keys[id];
    if (!key) return;
    const { incrementMs, toleranceMs } = key.spend;
    key.admitted += units;
    key.passedTat = spent(key.passedTat, incrementMs * units, now);
    key.worstOver = Math.max(key.worstOver, (key.passedTat - now - toleranceMs) / incrementMs);
  }

  /** A shard answered an isolate where a key stands. */
  told(hi: number, lo: number, isolate: number, tat: number, now: number): void {
    const id = this.#byHash.get(hashName({ hi, lo }));
    const key = id === undefined ? undefined : this.#keys[id];
    const pair = id === undefined ? undefined : this.#pairs.get(id * this.#isolates + isolate);
    if (!key || pair === undefined) return;
    this.#toldTat[pair] = tat;
    if (key.overAt !== NEVER && this.#toldIn[pair] !== key.episode) this.#tell(key, pair, now);
  }

  /** The owner of a strict budget's key answered an isolate. */
  answered(hi: number, lo: number, isolate: number, now: number): void {
    this.told(hi, lo, isolate, Number.POSITIVE_INFINITY, now);
  }

  #tell(key: Key, pair: number, now: number): void {
    const told = this.#toldTat[pair] ?? 0;
    // A key that asks little here is held at its limit by others, so what is told may stand just below a denial.
    const spend = { ...key.spend, incrementMs: key.spend.incrementMs * key.unitsMax };
    if (told < key.overTat && waitMs(told, spend, now) === 0) return;
    this.#toldIn[pair] = key.episode;
    if (this.#askedIn[pair] === key.episode) key.newsMs = Math.max(key.newsMs, now - (this.#askedAt[pair] ?? 0));
  }

  /** Every key that was well over its budget, the worst first. */
  overBudget(endMs: number): KeyReport[] {
    for (const key of this.#keys) key.untold = 0;
    for (const [name, pair] of this.#pairs) {
      const key = this.#keys[Math.floor(name / this.#isolates)];
      if (key && this.#askedIn[pair] === key.episode && this.#toldIn[pair] !== key.episode) key.untold++;
    }
    return this.#keys
      .filter(({ asked, exact, everOver }) => everOver && asked >= WELL_OVER * exact)
      .map((key) => reportOf(key, endMs))
      .sort((a, b) => b.overUnits - a.overUnits);
  }
}

function newKey(name: string, charge: Charge): Key {
  const { budget, scale } = charge;
  return {
    name,
    spend: { incrementMs: budget.emissionMs / scale, toleranceMs: budget.toleranceMs },
    isolates: 0,
    untold: 0,
    tat: 0,
    passedTat: 0,
    unitsMax: 0,
    asked: 0,
    admitted: 0,
    exact: 0,
    worstOver: 0,
    lastAskedAt: 0,
    episode: 1,
    overAt: NEVER,
    overTat: 0,
    everOver: false,
    newsMs: 0,
  };
}

function reportOf(key: Key, endMs: number): KeyReport {
  const { isolates, unitsMax } = key;
  const spend = { ...key.spend, incrementMs: key.spend.incrementMs * unitsMax };
  const soFarMs = Math.max(key.newsMs, key.untold > 0 ? endMs - key.overAt : 0);
  return {
    key: key.name,
    isolates,
    askedUnits: key.asked,
    admittedUnits: key.admitted,
    budgetUnits: key.exact,
    overUnits: key.worstOver,
    boundUnits: unitsMax * overAdmissionBound(spend, { isolates, newsDelayMs: soFarMs }),
    newsMs: key.untold > 0 ? null : key.newsMs,
    ignorantIsolates: key.untold > 0 && endMs - key.overAt >= NEWS_WITHIN_MS ? key.untold : 0,
  };
}

function hashName({ hi, lo }: KeyHash): string {
  return `${hi} ${lo}`;
}

function grown(array: Float64Array): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(array.length * GROWTH);
  bigger.set(array);
  return bigger;
}
