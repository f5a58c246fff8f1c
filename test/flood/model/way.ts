/**
 * The way of a request that the decision let pass: strict budgets, the edge's copies, the line, room, the origin. In the order
 * of src/shield.ts, with the product's own purses, desk, lines and `admit`; only what they run on is a model.
 */
import type { Lane } from "../../../src/identity/identity.ts";
import { admit, type Room } from "../../../src/origin/admit.ts";
import { AGAIN_AFTER_MS, isWorthAnother } from "../../../src/origin/ask-again.ts";
import { beyond } from "../../../src/policy/decide.ts";
import { FAILURES } from "../../../src/policy/failures.ts";
import { hasHadMuch } from "../../../src/policy/in-use.ts";
import type { Budget, CompiledRoute, Site } from "../../../src/policy/policy.ts";
import type { ClassOfService } from "../../../src/policy/tables.ts";
import { givenBackUnserved } from "../../../src/policy/unserved.ts";
import type { Charge } from "../../../src/policy/verdict.ts";
import type { Facts } from "../../../src/request/facts.ts";
import type { Place } from "../../../src/waiting/place.ts";
import { countStander, type Stander, standerAt, standsInLine } from "../../../src/waiting/stand-in-line.ts";
import type { VirtualClock } from "./clock.ts";
import type { ModelIsolate } from "./isolate.ts";
import type { ModelOrigin } from "./origin.ts";

/** The cookie that keeps somebody's place in line. */
export interface Jar {
  place: Place | null;
}

export interface Passing {
  readonly facts: Facts;
  readonly site: Site;
  readonly route: CompiledRoute;
  readonly serviceClass: ClassOfService;
  readonly lane: Lane;
  readonly principal: string | null;
  /** Null for whoever keeps no cookies: she comes anew each time. */
  readonly jar: Jar | null;
  readonly charges: readonly Charge[];
  /** Under which name the edge keeps the answer, null when it may not, and for how long. */
  readonly keptAs: string | null;
  readonly keptMs: number;
  /** What it costs the portal. */
  readonly units: number;
  /** The origin's answer is a 5xx even when it has room. */
  readonly isFaulty: boolean;
  /** When the one who asks resets the request, ms. */
  readonly patienceMs: number;
  /** How long its body takes to arrive, ms. */
  readonly sendingMs: number;
}

/** What became of it. `wait`, `limit` and `challenge` are the shield's answers; a copy costs the origin nothing. */
export type Fate = "served" | "failed" | "gone" | "copy" | "wait" | "limit" | "challenge";

/** It was let pass by the decision and got nothing of the portal all the same. */
export function isUnserved(fate: Fate): boolean {
  return fate === "wait" || fate === "limit" || fate === "challenge";
}

const NEVER = new AbortController().signal;

export class Way {
  readonly #clock: VirtualClock;
  readonly #origin: ModelOrigin;
  /** By location and name: until when the copy is good. */
  readonly #copies = new Map<string, number>();

  constructor(clock: VirtualClock, origin: ModelOrigin) {
    this.#clock = clock;
    this.#origin = origin;
  }

  /**
   * `asked` is called when it goes to the origin, `told` at its end, with the strict budget that refused it if one did; both
   * at once where nothing waits.
   */
  go(isolate: ModelIsolate, passing: Passing, asked: () => void, told: (fate: Fate, refusedBy?: Budget) => void): void {
    const done = (fate: Fate, refusedBy?: Budget): void => {
      if (isUnserved(fate)) isolate.tally.giveBack(givenBackUnserved(passing.charges));
      told(fate, refusedBy);
    };
    if (passing.charges.some(({ budget }) => budget.strict)) {
      this.#clock.stir();
      const { lane, route } = passing;
      void isolate.spendStrictly(passing.charges, FAILURES.shards[lane][route.importance]).then((spending) => {
        if (spending.kind === "refused") {
          isolate.desk(passing.site).noteTurnedAway(passing.route.cost);
          const { budget, retryAfterS } = spending;
          done(beyond(budget, retryAfterS, passing.facts, passing.route).kind, budget);
        } else
          this.#findRoom(isolate, passing, asked, (fate) => {
            if (fate === "wait") spending.giveBack();
            done(fate);
          });
      });
    } else this.#findRoom(isolate, passing, asked, done);
  }

  #findRoom(isolate: ModelIsolate, passing: Passing, asked: () => void, done: (fate: Fate) => void): void {
    const { keptAs, site, route, serviceClass, lane, charges } = passing;
    const clock = this.#clock;
    if (keptAs !== null && (this.#copies.get(`${isolate.location} ${keptAs}`) ?? 0) > clock.now) {
      done("copy");
      return;
    }
    const desk = isolate.desk(site);
    const { principal, facts, jar } = passing;
    const hadMuch = desk.posture(clock.now) !== "normal" && hasHadMuch(lane, charges, isolate.tally, clock.now);
    const stander = standsInLine(facts, lane, serviceClass, hadMuch)
      ? standerAt(jar?.place ?? null, desk.lines.lineFor(serviceClass, clock.now), clock.now)
      : null;
    const waitInLine = (standing: Stander): void => {
      countStander(standing, serviceClass, desk.lines, clock.now);
      if (jar) jar.place = { cameAt: jar.place?.cameAt ?? clock.now, shownAt: clock.now };
      done("wait");
    };
    if (stander && stander.turn.kind !== "now") {
      desk.notePostponed(route.cost);
      waitInLine(stander);
      return;
    }
    if (hadMuch) desk.notePostponed(route.cost);
    else desk.noteWanted(serviceClass, route.cost);
    const wait = (ms: number): Promise<void> => clock.wait(ms);
    const request = `${facts.method} ${facts.target}`;
    const asking = {
      decision: { serviceClass, route },
      lane,
      principal,
      hasHadMuch: hadMuch,
      mayWaitToSignIn: () => false,
      request,
      gone: NEVER,
    };
    const end = (room: Room): void => {
      if (stander) desk.lines.noteTry(serviceClass, room !== "none");
      if (room === "room" || room === "overdrawn") this.#forward(isolate, passing, asked, done, room === "overdrawn");
      else if (stander) waitInLine(stander);
      else done("wait");
    };
    const room = admit(desk, asking, wait, () => clock.now);
    if (room instanceof Promise) {
      clock.stir();
      void room.then(end);
    } else end(room);
  }

  #forward(
    isolate: ModelIsolate,
    passing: Passing,
    asked: () => void,
    done: (fate: Fate) => void,
    overdrawn: boolean,
    isAgain = false,
  ): void {
    const {
      site,
      lane,
      serviceClass,
      principal,
      facts,
      route,
      keptAs,
      keptMs,
      units,
      isFaulty,
      patienceMs,
      sendingMs,
    } = passing;
    const desk = isolate.desk(site);
    asked();
    desk.noteSent(serviceClass, route.cost, overdrawn);
    const tells = !facts.hasBody || lane === "machine" || lane === "clinician";
    const askedAt = this.#clock.now;
    const leave = desk.inFlight(serviceClass, tells).enter();
    this.#origin.ask(units, Math.min(patienceMs, route.timeoutMs), sendingMs, (served, tookMs) => {
      leave();
      // A reset tells the shield nothing of the origin.
      if (!served && tookMs >= patienceMs) {
        done("gone");
        return;
      }
      // A fault of SOAP is a 500, and says nothing of the origin either.
      desk.noteForwarded(!served && !isFaulty, askedAt, this.#clock.now);
      if (!served && principal !== null)
        desk.retries.noteFailed(principal, `${facts.method} ${facts.target}`, this.#clock.now);
      if (served && keptAs !== null) this.#copies.set(`${isolate.location} ${keptAs}`, this.#clock.now + keptMs);
      if (!served && !isFaulty && !isAgain && isWorthAnother({ desk, facts, who: { lane, principal } }, tookMs))
        void this.#askAgain(isolate, passing, asked, done);
      else done(served ? "served" : "failed");
    });
  }

  /** As src/origin/ask-again.ts, which does it with responses. */
  async #askAgain(
    isolate: ModelIsolate,
    passing: Passing,
    asked: () => void,
    done: (fate: Fate) => void,
  ): Promise<void> {
    const { site, serviceClass, lane, principal, facts, route } = passing;
    const clock = this.#clock;
    const wait = (ms: number): Promise<void> => clock.wait(ms);
    await wait(AGAIN_AFTER_MS);
    const desk = isolate.desk(site);
    desk.noteWanted(serviceClass, route.cost);
    const request = `${facts.method} ${facts.target}`;
    const asking = {
      decision: { serviceClass, route },
      lane,
      principal,
      hasHadMuch: false,
      mayWaitToSignIn: () => false,
      request,
      gone: NEVER,
    };
    const room = await admit(desk, asking, wait, () => clock.now);
    if (room === "room" || room === "overdrawn")
      this.#forward(isolate, passing, asked, done, room === "overdrawn", true);
    else done("failed");
  }
}
