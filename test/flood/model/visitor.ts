/** One of the clinic as the shield meets her: an address, what she can show, and every request decided by the real `decide`. */
import { PUZZLE_TTL_MS } from "../../../src/challenge/puzzle.ts";
import type { Desk } from "../../../src/desk.ts";
import type { Identity, Lane } from "../../../src/identity/identity.ts";
import { cacheKey } from "../../../src/origin/cache.ts";
import { decide } from "../../../src/policy/decide.ts";
import { inPosture } from "../../../src/policy/modes.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import type { Posture } from "../../../src/policy/verdict.ts";
import type { Facts } from "../../../src/request/facts.ts";
import { type Client, locationsOf } from "../places.ts";
import type { Random } from "../random.ts";
import { PORTAL } from "../real/browser.ts";
import type { VirtualClock } from "./clock.ts";
import type { ModelIsolate } from "./isolate.ts";
import { factsOf, located, type Sent, STRANGER, siteOf, unitsOf } from "./outcomes.ts";
import type { Jar, Way } from "./way.ts";
import { firstIsolateOf, type World } from "./world.ts";

export interface Edge {
  readonly clock: VirtualClock;
  readonly policy: Policy;
  readonly world: World;
  readonly isolates: readonly ModelIsolate[];
  readonly way: Way;
}

const PARTS = ["/assets/app.css", "/assets/app.js"];
const PART = ["Accept: */*", "Sec-Fetch-Dest: style", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: same-origin"];
const PART_PATIENCE_MS = 2000;
/** As src/challenge/browser/earn.ts does while counters are away: three times in about eight seconds. */
const HANDS_IN_AGAIN_MS = 3000;

/** Whom the answer is from: "" is the origin (or the edge's copy of it), anything else stands in Shield-Mitigated. */
export interface Answer {
  readonly mitigated: string;
  readonly ok: boolean;
}

export class Visitor {
  readonly #edge: Edge;
  readonly #client: Client;
  readonly #random: Random;
  readonly #met: readonly { readonly share: number; readonly isolates: readonly ModelIsolate[] }[];
  #shown: Pick<Identity, "lane" | "principal" | "clearance" | "clearanceShare" | "evidence" | "proof"> = STRANGER;
  readonly #name: string;
  readonly #jar: Jar = { place: null };
  #hasTicket = false;

  constructor(name: string, client: Client, edge: Edge, random: Random) {
    this.#name = name;
    this.#edge = edge;
    this.#client = client;
    this.#random = random;
    this.#met = isolatesOf(client, edge.world, random).map(({ share, isolates }) => ({
      share,
      isolates: isolates.flatMap((index) => edge.isolates[index] ?? []),
    }));
  }

  /** From now on she shows a pass, a certificate or a service key. @param since when she was first known, ms; 0: always */
  prove(lane: Lane, since: number): void {
    const proof = { since, expiresAt: null, clockSkewMs: null };
    this.#shown = { lane, principal: this.#name, clearance: null, clearanceShare: 1, evidence: "pass", proof };
  }

  /** A puzzle was solved in so many ms: hand it in, again and again while nobody can take it. */
  async clear(solvingMs: number): Promise<void> {
    const { clock } = this.#edge;
    await clock.wait(solvingMs);
    const until = clock.now + PUZZLE_TTL_MS;
    while (!(await this.#isolate().spendPuzzle())) {
      if (clock.now >= until) return;
      await clock.wait(HANDS_IN_AGAIN_MS);
    }
    if (this.#shown.lane === "unknown")
      this.#shown = {
        proof: null,
        lane: "cleared",
        principal: null,
        clearance: `clearance of ${this.#name}`,
        clearanceShare: 1,
        evidence: "clearance",
      };
  }

  ask(sent: Sent, patienceMs: number, asked: () => void): Promise<Answer> {
    const { clock, policy, way } = this.#edge;
    const { now } = clock;
    const isolate = this.#isolate();
    const facts = factsOf(sent, this.#client);
    const identity = located({ ...STRANGER, ...this.#shown }, policy, facts.address, now);
    const site = siteOf(policy, facts);
    isolate.keepInTouch(now);
    const desk = isolate.desk(site);
    const situation = { ...inPosture(desk.posture(now)), switchedOff: desk.switchedOff, onset: desk.onset(now) };
    const decision = decide(facts, identity, site, policy, isolate.tally, situation, now);
    isolate.tally.apply(decision.charges, now);
    desk.noteAsker(identity.lane, facts.asker);
    const { verdict, route, serviceClass, charges } = decision;
    if (verdict.kind !== "allow") {
      desk.noteTurnedAway(route.cost);
      return Promise.resolve({ mitigated: verdict.kind, ok: false });
    }
    const keptAs = cacheKey(facts, route, false)?.url ?? null;
    const keptMs = (route.cache?.seconds ?? 0) * 1000;
    const passing = {
      facts,
      site,
      route,
      serviceClass,
      charges,
      jar: this.#jar,
      keptAs,
      keptMs,
      patienceMs,
      sendingMs: 0,
      isFaulty: false,
    };
    return new Promise((resolve) => {
      way.go(
        isolate,
        { ...passing, lane: identity.lane, principal: identity.principal, units: unitsOf(sent) },
        asked,
        (fate) => {
          clock.stir();
          if (fate === "served" && brings(desk.posture(clock.now), facts)) this.#take(desk, identity.lane);
          if (fate === "wait" || fate === "limit" || fate === "challenge") resolve({ mitigated: fate, ok: false });
          else resolve({ mitigated: "", ok: fate === "served" || fate === "copy" });
        },
      );
    });
  }

  /** Her first page brings a ticket, and makes her browser ask for its parts. */
  #take(desk: Desk, lane: Lane): void {
    if (this.#hasTicket) return;
    this.#hasTicket = true;
    desk.noteNewcomer(lane);
    // Nobody waits for them.
    for (const path of PARTS)
      void this.ask({ method: "GET", host: PORTAL, path, lines: PART }, PART_PATIENCE_MS, () => {});
  }

  #isolate(): ModelIsolate {
    const { isolates } = this.#random.pickByShare(this.#met);
    return this.#random.pick(isolates);
  }
}

/** Whether a page that the origin gave brings a ticket, as in src/origin/bring-ticket.ts. */
export function brings(posture: Posture, { method, asker }: Facts): boolean {
  return posture === "normal" && method === "GET" && asker === "navigation";
}

/** The isolates that a client's connections reach, by location; shares of her requests sum to 1. */
export function isolatesOf(
  client: Pick<Client, "address" | "kind">,
  world: World,
  random: Random,
): readonly { readonly share: number; readonly isolates: readonly number[] }[] {
  return locationsOf(client, world.locations).map(({ location, share }) => {
    const from = firstIsolateOf(location, world);
    const count = firstIsolateOf(location + 1, world) - from;
    const reached = Math.min(count, world.isolatesPerClient);
    const at = reached < count ? random.integer(0, count - 1) : 0;
    return { share, isolates: Array.from({ length: reached }, (_, n) => from + ((at + n) % count)) };
  });
}
