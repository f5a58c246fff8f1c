/**
 * Counts the calls of Durable Objects from outside of the product: a module of the lab that stands before the bundle in the
 * objects' own Worker, with subclasses that count and hand on. The bundle is that of production, byte for byte. While they
 * are to be dead each is ended by whoever calls it, as often as it starts: its memory is gone, what it stored is not.
 */

/** Runs in workerd, in the one isolate that all objects of the lab share. */
export const COUNTING_OBJECTS = `
import * as shield from "./index.js";
export * from "./index.js";
const seconds = new Map();
let posture = null;
let dead = false;
function note(object, method) {
  const second = Math.floor(Date.now() / 1000);
  const counts = seconds.get(second) ?? {};
  const key = object + " " + method;
  counts[key] = (counts[key] ?? 0) + 1;
  seconds.set(second, counts);
  if (seconds.size > 900) seconds.delete(seconds.keys().next().value);
}
function counting(Real) {
  class Counting extends Real {
    #name;
    #ctx;
    constructor(ctx, env) { super(ctx, env); this.#name = Real.name + " " + (ctx.id.name ?? ""); this.#ctx = ctx; }
    __note(method) {
      note(this.#name, method);
      if (dead) this.#ctx.abort("ended by the lab");
    }
  }
  for (const method of Object.getOwnPropertyNames(Real.prototype)) {
    if (method === "constructor" || typeof Real.prototype[method] !== "function") continue;
    Counting.prototype[method] = function (...args) {
      this.__note(method);
      const result = Real.prototype[method].apply(this, args);
      if (Array.isArray(result)) for (const order of result) if (order?.posture) posture = worse(order);
      return result;
    };
  }
  return Counting;
}
const postures = {};
const allowed = {};
const RANKS = ["normal", "elevated", "clinicians-first", "static-only"];
function worse({ site, posture, allowedPerSecond }) {
  postures[site] = posture;
  allowed[site] = allowedPerSecond;
  return Object.values(postures).sort((a, b) => RANKS.indexOf(b) - RANKS.indexOf(a))[0];
}
export const ClientCounter = counting(shield.ClientCounter);
export const Watch = counting(shield.Watch);
export default {
  fetch(request) {
    if (request.method === "POST") dead = new URL(request.url).pathname === "/dead";
    return Response.json({ posture, allowed, seconds: [...seconds] });
  },
};
`;

export interface ObjectCalls {
  /** The most guarded of all sites, as Watch has ordered it last. */
  readonly posture: string | null;
  /** What it allowed each site last, cost units a second. */
  readonly allowed: Readonly<Record<string, number>>;
  /** Unix time in s, and calls by "class name method". */
  readonly seconds: readonly (readonly [second: number, calls: Readonly<Record<string, number>>])[];
}

/** Null when it does not answer. */
export async function readObjectCalls(url: URL): Promise<ObjectCalls | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
    return response.ok ? ((await response.json()) as ObjectCalls) : null;
  } catch {
    return null;
  }
}

/** All objects die with the next call to each, or may live again. @throws when they cannot be told */
export async function setDead(url: URL, dead: boolean): Promise<void> {
  const path = dead ? "/dead" : "/alive";
  const response = await fetch(new URL(path, url), { method: "POST", signal: AbortSignal.timeout(3000) });
  if (!response.ok) throw new Error(`the objects' Worker answered ${response.status}`);
}

export interface CallTotals {
  readonly calls: number;
  /** Made by isolates, not by other objects. */
  readonly fromIsolates: number;
  /** Most calls that one object had in one second. */
  readonly peak: number;
}

/** What objects ask of each other, so not an isolate's call. (Isolates run errands themselves only while their home is away.) */
const AMONG_OBJECTS = ["merge", "report", "runErrands"];

/** @param from Unix times, s: the first second that counts, and the one after the last */
export function totalCalls({ seconds }: ObjectCalls, from: number, to: number): CallTotals {
  let [calls, fromIsolates, peak] = [0, 0, 0];
  for (const [second, counts] of seconds) {
    if (second < from || second >= to) continue;
    const byObject = new Map<string, number>();
    for (const [key, count] of Object.entries(counts)) {
      const [kind = "", name = "", method = ""] = key.split(" ");
      calls += count;
      if (!AMONG_OBJECTS.includes(method)) fromIsolates += count;
      const object = `${kind} ${name}`;
      byObject.set(object, (byObject.get(object) ?? 0) + count);
    }
    peak = Math.max(peak, ...byObject.values());
  }
  return { calls, fromIsolates, peak };
}
