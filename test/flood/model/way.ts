/**
 * The way of a request that the decision let pass: strict budgets, the edge's copies, room, the origin. In the order of
 * src/shield.ts, with the product's own purses, desk and `admit`; only what they run on is a model.
 */
import type { Lane } from "../../../src/identity/identity.ts";
import { admit } from "../../../src/origin/admit.ts";
import { beyond } from "../../../src/policy/decide.ts";
import { FAILURES } from "../../../src/policy/failures.ts";
import type { CompiledRoute, Site } from "../../../src/policy/policy.ts";
import type { ClassOfService } from "../../../src/policy/tables.ts";
import type { Charge } from "../../../src/policy/verdict.ts";
import type { Facts } from "../../../src/request/facts.ts";
import type { VirtualClock } from "./clock.ts";
import type { ModelIsolate } from "./isolate.ts";
import type { ModelOrigin } from "./origin.ts";

export interface Passing {
  readonly facts: Facts;
  readonly site: Site;
  readonly route: CompiledRoute;
  readonly serviceClass: ClassOfService;
  readonly lane: Lane;
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

  /** `asked` is called when it goes to the origin, `done` at its end; both at once where nothing waits. */
  go(isolate: ModelIsolate, passing: Passing, asked: () => void, done: (fate: Fate) => void): void {
    if (passing.charges.some(({ budget }) => budget.strict)) {
      this.#clock.stir();
      const { lane, route } = passing;
      void isolate.spendStrictly(passing.charges, FAILURES.shards[lane][route.importance]).then((spending) => {
        if (spending.kind === "refused") {
          isolate.desk(passing.site).noteTurnedAway(passing.route.cost);
          done(beyond(spending.budget, spending.retryAfterS, passing.facts, passing.route).kind);
        } else
          this.#findRoom(isolate, passing, asked, (fate) => {
            if (fate === "wait") spending.giveBack();
            done(fate);
          });
      });
    } else this.#findRoom(isolate, passing, asked, done);
  }

  #findRoom(isolate: ModelIsolate, passing: Passing, asked: () => void, done: (fate: Fate) => void): void {
    const { keptAs, site, route, serviceClass, lane } = passing;
    const clock = this.#clock;
    if (keptAs !== null && (this.#copies.get(`${isolate.location} ${keptAs}`) ?? 0) > clock.now) {
      done("copy");
      return;
    }
    const desk = isolate.desk(site);
    desk.noteWanted(serviceClass, route.cost);
    if (desk.admission.take(serviceClass, route.cost, clock.now)) this.#forward(isolate, passing, asked, done);
    // Nobody else would wait: then `admit` says no at once, and a flood need not ask it.
    else if (lane === "unknown" || lane === "cleared") done("wait");
    else {
      clock.stir();
      const wait = (ms: number): Promise<void> => clock.wait(ms);
      void admit(desk.admission, { serviceClass, route }, lane, NEVER, wait, () => clock.now).then((room) => {
        if (room) this.#forward(isolate, passing, asked, done);
        else done("wait");
      });
    }
  }

  #forward(isolate: ModelIsolate, passing: Passing, asked: () => void, done: (fate: Fate) => void): void {
    const { site, route, keptAs, keptMs, units, isFaulty, patienceMs, sendingMs } = passing;
    const desk = isolate.desk(site);
    asked();
    this.#origin.ask(units, Math.min(patienceMs, route.timeoutMs), sendingMs, (served, tookMs) => {
      // A reset tells the shield nothing of the origin.
      if (!served && tookMs >= patienceMs) {
        done("gone");
        return;
      }
      desk.noteForwarded(!served || isFaulty);
      if (served && keptAs !== null) this.#copies.set(`${isolate.location} ${keptAs}`, this.#clock.now + keptMs);
      done(served ? "served" : "failed");
    });
  }
}
