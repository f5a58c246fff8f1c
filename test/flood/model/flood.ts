/** A flood at work: every request of every source, decided by the real rules and the isolate's real tally. */
import { decide } from "../../../src/policy/decide.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import type { Charge, VerdictKind } from "../../../src/policy/verdict.ts";
import type { Random } from "../random.ts";
import { type ArrivalKind, Arrivals } from "./arrivals.ts";
import type { VirtualClock } from "./clock.ts";
import { type Account, type Crowd, clearanceOf } from "./crowd.ts";
import { FORMING_S, type GroupTally } from "./groups.ts";
import type { ModelIsolate } from "./isolate.ts";
import type { KeyAudit } from "./key-audit.ts";
import type { Objects } from "./objects.ts";
import type { ModelOrigin } from "./origin.ts";
import { type Outcome, type RequestClass, siteOf } from "./outcomes.ts";
import { factorAt, highestFactor, type ModelScenario } from "./scenario.ts";

/** Page, script, work and redemption: of a person's browser, and of an attacker's native solver. */
const SOLVED_AFTER_MS = { person: 1500, attacker: 500 };
/** When the shield gives up on the origin, ms: the default of a route. */
const ROUTE_TIMEOUT_MS = 30_000;
const UNKNOWN_PAIR = -1;
/** A request is charged to so many budgets at most for which streams remember the audit's number. */
const CHARGES_MAX = 4;

export interface FloodOptions {
  readonly scenario: ModelScenario;
  readonly clock: VirtualClock;
  readonly policy: Policy;
  readonly crowd: Crowd;
  readonly isolates: readonly ModelIsolate[];
  readonly audit: KeyAudit;
  readonly origin: ModelOrigin;
  readonly objects: Objects;
  readonly random: Random;
  readonly batch: number;
  readonly arrivals: ArrivalKind;
  /** Whether every request is also decided by the real `decide`, and compared. */
  readonly compare: boolean;
  /** Where a control's people are counted; null for attackers. */
  readonly people: GroupTally | null;
}

export class Flood {
  readonly #o: FloodOptions;
  readonly #arrivals: Arrivals;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #keptUntil = new Map<string, number>();
  readonly #random: Random;
  /** The audit's numbers by stream and charge, for the account that the stream used last. */
  readonly #pairs: Int32Array;
  readonly #pairsOf: (Account | undefined)[];
  /**
   * Until when the isolate's tally surely refuses this stream, ms, and which charge it is: what a key has spent never gets
   * less, so a refusal holds for as long as it says, and need not be asked for again.
   */
  readonly #refusedUntil: Float64Array;
  readonly #refusedFor: Uint8Array;
  readonly sentBySecond: Uint32Array;
  readonly reachedBySecond: Uint32Array;
  readonly stopped: Record<VerdictKind, number> = { allow: 0, challenge: 0, limit: 0, block: 0, wait: 0, closed: 0 };
  readonly reasons = new Map<string, number>();
  requests = 0;
  reached = 0;
  kept = 0;
  solved = 0;
  laterRequests = 0;
  laterReached = 0;
  compared = 0;
  different = 0;

  constructor(options: FloodOptions) {
    this.#o = options;
    const { scenario, clock, crowd, random } = options;
    this.#random = random;
    this.#arrivals = new Arrivals(crowd.meanGapMs, options.arrivals, random);
    this.#startMs = clock.now + scenario.calmS * 1000;
    this.#endMs = this.#startMs + scenario.floodS * 1000;
    this.#pairs = new Int32Array(crowd.sourceOf.length * CHARGES_MAX).fill(UNKNOWN_PAIR);
    this.#pairsOf = new Array(crowd.sourceOf.length);
    this.#refusedUntil = new Float64Array(crowd.sourceOf.length);
    this.#refusedFor = new Uint8Array(crowd.sourceOf.length);
    this.sentBySecond = new Uint32Array(scenario.calmS + scenario.floodS + scenario.afterS + 1);
    this.reachedBySecond = new Uint32Array(this.sentBySecond.length);
    this.#arrivals.start(0);
  }

  get bytes(): number {
    return this.#arrivals.bytes + this.#pairs.byteLength + this.#refusedUntil.byteLength;
  }

  /** Sends what is due in this millisecond. */
  tick(): void {
    const { clock, scenario } = this.#o;
    const at = clock.now - this.#startMs;
    if (at < 0 || clock.now >= this.#endMs) return;
    const share = factorAt(scenario.shape, at / 1000) / highestFactor(scenario.shape);
    this.#arrivals.at(at, share, (stream) => this.#send(stream));
  }

  #send(stream: number): void {
    const { crowd, batch } = this.#o;
    const source = crowd.sourceOf[stream] ?? 0;
    if (this.#o.people && crowd.solving[source] === 1) return; // she looks at the page that works for her
    const classIndex = crowd.pickClass(source, this.#random);
    for (let left = batch; left > 0; ) left -= this.#ask(stream, source, classIndex, left);
  }

  /**
   * @param times how many identical requests there are in this millisecond
   * @returns of how many of them the fate is told: all that follow a refusal are refused alike
   */
  #ask(stream: number, source: number, classIndex: number, times: number): number {
    const { clock, crowd, isolates, audit, objects } = this.#o;
    const { now } = clock;
    const isolate = isolates[crowd.isolateOf[stream] ?? 0];
    if (!isolate) return times;
    isolate.keepInTouch(now);
    const requestClass = crowd.classAt(classIndex);
    const account = crowd.accountOf(source, classIndex);
    const { charges } = account;
    this.#remember(stream, account);
    const exceeded = this.#firstExceeded(stream, charges, isolate, now);
    const passes = exceeded === charges.length;
    const outcome = requestClass.outcomes[isolate.desk.posture(now)][passes ? 0 : exceeded + 1];
    if (!outcome) throw new Error("a budget without an outcome");
    if (this.#o.compare) this.#compare(requestClass, source, isolate, outcome);
    const told = passes ? 1 : times;
    // A block comes before the budgets: nothing was asked of them.
    if (outcome.kind !== "block") {
      if (passes) isolate.tally.apply(charges, now);
      for (let i = passes ? 0 : exceeded; i < charges.length && (passes || i === exceeded); i++) {
        audit.note(account.keyIds[i] ?? 0, this.#pairOf(stream, account, i, isolate.index), passes, now, told);
      }
    }
    const second = Math.floor((now - this.#startMs) / 1000) + this.#o.scenario.calmS;
    this.requests += told;
    this.sentBySecond[second] = (this.sentBySecond[second] ?? 0) + told;
    if (now - this.#startMs >= FORMING_S * 1000) this.laterRequests += told;

    if (outcome.kind === "allow") this.#allowed(isolate, requestClass, outcome, second);
    else {
      isolate.desk.noteTurnedAway(outcome.cost * told);
      this.#stop(outcome, told);
      const solves = outcome.kind === "challenge" && this.#o.scenario.solves;
      if (solves && crowd.cleared[source] === 0 && crowd.solving[source] === 0) {
        crowd.solving[source] = 1;
        clock.after(this.#o.people ? SOLVED_AFTER_MS.person : SOLVED_AFTER_MS.attacker, () => {
          void objects.spendPuzzle(isolate.location).then((spent) => this.#cleared(stream, source, spent, now));
        });
      } else this.#o.people?.note(now, false, 0);
    }
    return told;
  }

  /** A person's browser sends again what it was challenged for. */
  #cleared(stream: number, source: number, spent: boolean, askedAt: number): void {
    const { crowd, people, clock } = this.#o;
    crowd.solving[source] = 0;
    if (spent) {
      crowd.cleared[source] = 1;
      this.solved++;
    } else people?.note(askedAt, false, 0);
    if (spent && people && clock.now < this.#endMs) this.#send(stream);
  }

  #allowed(isolate: ModelIsolate, requestClass: RequestClass, outcome: Outcome, second: number): void {
    const { clock, origin, people } = this.#o;
    const { now } = clock;
    const { keptAs, keptMs } = requestClass;
    const keptHere = keptAs === null ? null : `${isolate.location} ${keptAs}`;
    if (keptHere !== null && (this.#keptUntil.get(keptHere) ?? 0) > now) {
      this.kept++;
      people?.note(now, true, 0);
      return;
    }
    const { desk } = isolate;
    desk.noteWanted(outcome.serviceClass, outcome.cost);
    if (!desk.admission.take(outcome.serviceClass, outcome.cost, now)) {
      this.#stop({ ...outcome, kind: "wait", reason: "no room at the origin" }, 1);
      people?.note(now, false, 0);
      return;
    }
    this.reached++;
    this.reachedBySecond[second] = (this.reachedBySecond[second] ?? 0) + 1;
    if (now - this.#startMs >= FORMING_S * 1000) this.laterReached++;
    origin.ask(outcome.cost, ROUTE_TIMEOUT_MS, (served) => {
      desk.noteForwarded(!served);
      if (served && keptHere !== null) this.#keptUntil.set(keptHere, clock.now + keptMs);
      people?.note(now, served, 0);
    });
  }

  #stop({ kind, reason }: Outcome, times: number): void {
    this.stopped[kind] += times;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + times);
    if (!this.#o.people) return;
    if (kind === "challenge") this.#o.people.challenged += times;
    if (kind === "block") this.#o.people.blocked += times;
  }

  /** The first charge for which the isolate's tally has no room; as many as there are when it has for all. */
  #firstExceeded(stream: number, charges: readonly Charge[], { tally }: ModelIsolate, now: number): number {
    if (now < (this.#refusedUntil[stream] ?? 0)) return this.#refusedFor[stream] ?? 0;
    for (let i = 0; i < charges.length; i++) {
      const charge = charges[i];
      const waitS = charge ? tally.waitSeconds(charge, now) : 0;
      if (waitS === 0) continue;
      this.#refusedUntil[stream] = now + Math.floor(waitS * 1000);
      this.#refusedFor[stream] = i;
      return i;
    }
    return charges.length;
  }

  /** What is kept by stream holds for one account: another kind of request may be charged elsewhere. */
  #remember(stream: number, account: Account): void {
    if (this.#pairsOf[stream] === account) return;
    this.#pairsOf[stream] = account;
    this.#pairs.fill(UNKNOWN_PAIR, stream * CHARGES_MAX, (stream + 1) * CHARGES_MAX);
    this.#refusedUntil[stream] = 0;
  }

  #pairOf(stream: number, account: Account, charge: number, isolate: number): number {
    const from = stream * CHARGES_MAX;
    const known = this.#pairs[from + charge] ?? UNKNOWN_PAIR;
    if (known !== UNKNOWN_PAIR && charge < CHARGES_MAX) return known;
    const pair = this.#o.audit.pairOf(account.keyIds[charge] ?? 0, isolate);
    if (charge < CHARGES_MAX) this.#pairs[from + charge] = pair;
    return pair;
  }

  #compare(requestClass: RequestClass, source: number, isolate: ModelIsolate, outcome: Outcome): void {
    const { policy, crowd, clock } = this.#o;
    const facts = { ...requestClass.facts, address: crowd.clientOf(source) };
    const identity = { ...requestClass.identity, clearance: clearanceOf(requestClass, source) };
    const posture = isolate.desk.posture(clock.now);
    const decision = decide(facts, identity, siteOf(policy, facts), policy, isolate.tally, posture, clock.now);
    this.compared++;
    if (decision.verdict.kind !== outcome.kind || decision.reason !== outcome.reason) this.different++;
  }
}
