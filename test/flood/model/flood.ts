/** A crew at work: every request of every source, decided by the real rules and the isolate's real tally. */

import { decide } from "../../../src/policy/decide.ts";
import { inPosture } from "../../../src/policy/modes.ts";
import type { Budget, Policy } from "../../../src/policy/policy.ts";
import { shareUnserved, spentUnserved } from "../../../src/policy/unserved.ts";
import type { Charge } from "../../../src/policy/verdict.ts";
import type { FloodSecond, Journal } from "../journal.ts";
import type { BudgetWatch } from "../over-admission.ts";
import type { Random } from "../random.ts";
import { type ArrivalKind, Arrivals } from "./arrivals.ts";
import type { VirtualClock } from "./clock.ts";
import { type Account, type Crowd, NOT_AUDITED } from "./crowd.ts";
import type { ModelIsolate } from "./isolate.ts";
import type { KeyAudit } from "./key-audit.ts";
import { located, type Outcome, type RequestClass, STRANGER, sentBy } from "./outcomes.ts";
import { brings } from "./visitor.ts";
import { type Fate, isUnserved, type Jar, type Way } from "./way.ts";
import type { Solving } from "./world.ts";

const UNKNOWN_PAIR = -1;
/** A request is charged to so many budgets at most for which streams remember the audit's number. */
const CHARGES_MAX = 4;
/** Page and script on their way to whoever solves a puzzle, and the proof back, ms. */
const CHALLENGE_ROUND_MS = 100;

export interface FloodOptions {
  readonly clock: VirtualClock;
  readonly startMs: number;
  readonly attackFromMs: number;
  readonly attackToMs: number;
  readonly policy: Policy;
  readonly crowd: Crowd;
  readonly isolates: readonly ModelIsolate[];
  readonly audit: KeyAudit;
  readonly budgets: BudgetWatch;
  readonly journal: Journal;
  readonly way: Way;
  readonly solving: Solving;
  readonly random: Random;
  readonly batch: number;
  readonly arrivals: ArrivalKind;
  /** Whether every request is also decided by the real `decide`, and compared. */
  readonly compare: boolean;
}

export class Flood {
  readonly #o: FloodOptions;
  readonly #crowd: Crowd;
  readonly #arrivals: Arrivals;
  readonly #random: Random;
  /** The audit's numbers by stream and charge, for the account that the stream used last. */
  readonly #pairs: Int32Array;
  readonly #pairsOf: (Account | undefined)[];
  /**
   * Until when the isolate's tally surely refuses this stream, ms, and which charge it is: where nothing is given back, what
   * a key has spent never gets less, so a refusal holds for as long as it says, and need not be asked for again.
   */
  readonly #refusedUntil: Float64Array;
  readonly #refusedFor: Uint8Array;
  /** 1 once a page brought the source a ticket that it keeps. */
  readonly #ticketed: Uint8Array;
  /** By source. */
  readonly #jars = new Map<number, Jar>();
  #tactic = 0;
  /** Since the tactic was last thought over. */
  #settled = 0;
  #answered = 0;
  #solversBusyUntil = 0;
  #now: FloodSecond = { sent: 0, answered: 0, unanswered: 0, stopped: {} };
  readonly reachedBySecond: Float64Array;
  readonly reasons = new Map<string, number>();
  copies = 0;
  compared = 0;
  different = 0;

  constructor(options: FloodOptions) {
    this.#o = options;
    const { crowd, random, startMs, attackToMs } = options;
    this.#crowd = crowd;
    this.#random = random;
    this.#arrivals = new Arrivals(crowd.meanGapMs, options.arrivals, random);
    const streams = crowd.sourceOf.length;
    this.#pairs = new Int32Array(streams * CHARGES_MAX).fill(UNKNOWN_PAIR);
    this.#pairsOf = new Array(streams);
    this.#refusedUntil = new Float64Array(streams);
    this.#refusedFor = new Uint8Array(streams);
    this.#ticketed = new Uint8Array(crowd.sources.length);
    this.reachedBySecond = new Float64Array(Math.ceil((attackToMs - startMs) / 1000) + 1);
    this.#arrivals.start(0);
  }

  /** Sends what is due in this millisecond. */
  tick(): void {
    const { clock, attackFromMs, attackToMs, journal } = this.#o;
    const at = clock.now - attackFromMs;
    if (at < 0 || clock.now >= attackToMs) return;
    const { adapts } = this.#crowd.crew;
    if (adapts && at > 0 && at % (adapts.everyS * 1000) === 0) this.#thinkAgain(adapts.below);
    this.#now = journal.noteSent(0);
    this.#arrivals.at(at, this.#crowd.strengthAt(at / 1000, this.#tactic), (stream) => this.#send(stream));
  }

  /** As in real/crew.ts. */
  #thinkAgain(below: number): void {
    if (this.#settled > 0 && this.#answered / this.#settled < below) this.#tactic++;
    this.#settled = 0;
    this.#answered = 0;
  }

  #send(stream: number): void {
    const crowd = this.#crowd;
    const source = crowd.sourceOf[stream] ?? 0;
    if (crowd.pools > 1 && crowd.poolOf[source] !== this.#tactic % crowd.pools) return;
    if ((crowd.busy[source] ?? 0) >= crowd.crew.connectionsPerSource) return;
    const requestClass = crowd.pickClass(source, this.#tactic, this.#random);
    for (let left = this.#o.batch; left > 0; ) left -= this.#ask(stream, source, requestClass, left);
  }

  /**
   * @param times how many identical requests there are in this millisecond
   * @returns of how many of them the fate is told: all that follow a refusal are refused alike
   */
  #ask(stream: number, source: number, requestClass: RequestClass, times: number): number {
    const { clock, isolates, audit, budgets, startMs } = this.#o;
    const crowd = this.#crowd;
    const { now } = clock;
    const isolate = isolates[crowd.isolateOf[stream] ?? 0];
    if (!isolate) return times;
    isolate.keepInTouch(now);
    const account = crowd.accountOf(source, requestClass, this.#random);
    const { charges } = account;
    this.#remember(stream, account);
    const exceeded = this.#firstExceeded(stream, charges, isolate, now);
    const passes = exceeded === charges.length;
    const desk = isolate.desk(requestClass.site);
    const outcome = requestClass.outcomes[desk.posture(now)][passes ? 0 : exceeded + 1];
    if (!outcome) throw new Error("a budget without an outcome");
    if (this.#o.compare) this.#compare(requestClass, source, isolate, outcome);
    const told = passes ? 1 : times;
    /** By charge, whether one counter that knows everything would have let it pass. */
    const exactly: boolean[] = [];
    // A block comes before the budgets: nothing was asked of them.
    if (outcome.kind !== "block") {
      const allowed = outcome.kind === "allow";
      if (passes) isolate.tally.apply(allowed ? charges : spentUnserved(charges), now);
      for (let i = passes ? 0 : exceeded; i < charges.length && (passes || i === exceeded); i++) {
        const id = account.keyIds[i] ?? NOT_AUDITED;
        const charge = charges[i];
        if (id === NOT_AUDITED || !charge) continue;
        const staysSpent = shareUnserved(charge.budget);
        const share = allowed || !passes ? 1 : staysSpent;
        if (share === 0) continue;
        exactly[i] = audit.ask(id, this.#pairOf(stream, account, i, isolate.index), charge.cost, now, told, share);
        // The rest of what passes counts once it is known that it is not given back.
        if (passes && staysSpent > 0) audit.admit(id, charge.cost * staysSpent, now);
      }
    }
    const member = crowd.sources[source];
    if (member) budgets.ask(member, crowd.crew, now - startMs, told);
    this.#now.sent += told;
    desk.noteAsker(requestClass.identity.lane, requestClass.facts.asker, told);
    if (outcome.kind === "allow") this.#pass(isolate, source, requestClass, outcome, account, exactly);
    else {
      desk.noteTurnedAway(outcome.route.cost * told);
      this.#stopped(outcome.kind, outcome.reason, this.#now, told);
      if (outcome.kind === "challenge") this.#solve(source, isolate);
    }
    return told;
  }

  #pass(
    isolate: ModelIsolate,
    source: number,
    requestClass: RequestClass,
    outcome: Outcome,
    account: Account,
    exactly: readonly boolean[],
  ): void {
    const crowd = this.#crowd;
    const { charges } = account;
    const { crew } = crowd;
    const sentIn = this.#now;
    crowd.busy[source] = (crowd.busy[source] ?? 0) + 1;
    const { site, identity, keptAs, keptMs, units, isFaulty } = requestClass;
    const { route, serviceClass } = outcome;
    // A trickled body never ends before somebody gives up.
    const sendingMs = crew.trickleEveryMs === undefined ? 0 : crew.patienceMs;
    const passing = {
      facts: requestClass.facts,
      site,
      route,
      serviceClass,
      charges,
      jar: crew.keepsCookies ? this.#jarOf(source) : null,
      lane: identity.lane,
      principal: identity.principal,
      keptAs,
      keptMs,
      units,
      isFaulty,
      sendingMs,
    };
    let isKept = false;
    const keep = () => {
      if (!isKept) this.#noteKept(account);
      isKept = true;
    };
    const asked = () => {
      keep();
      const second = Math.floor((this.#o.clock.now - this.#o.startMs) / 1000);
      this.reachedBySecond[second] = (this.reachedBySecond[second] ?? 0) + 1;
    };
    this.#o.way.go(isolate, { ...passing, patienceMs: crew.patienceMs }, asked, (fate, refusedBy) => {
      crowd.busy[source] = (crowd.busy[source] ?? 1) - 1;
      if (isUnserved(fate)) this.#noteGivenBack(account, exactly, refusedBy);
      else keep();
      if (fate === "served") this.#noteNewcomer(source, isolate, requestClass);
      this.#settle(source, isolate, fate, outcome, sentIn);
    });
  }

  /** A page of the origin's for a source without a ticket: it takes one if it keeps cookies. No crew asks for the parts of pages. */
  #noteNewcomer(source: number, isolate: ModelIsolate, { site, facts, identity }: RequestClass): void {
    const desk = isolate.desk(site);
    if (this.#ticketed[source] === 1 || !brings(desk.posture(this.#o.clock.now), facts)) return;
    desk.noteNewcomer(identity.lane);
    if (this.#crowd.crew.keepsCookies) this.#ticketed[source] = 1;
  }

  #jarOf(source: number): Jar {
    const known = this.#jars.get(source);
    if (known) return known;
    const jar: Jar = { place: null };
    this.#jars.set(source, jar);
    return jar;
  }

  #settle(source: number, isolate: ModelIsolate, fate: Fate, outcome: Outcome, sentIn: FloodSecond): void {
    const { journal, budgets } = this.#o;
    const { crew, sources } = this.#crowd;
    switch (fate) {
      case "wait":
        this.#stopped("wait", "no room at the origin", sentIn, 1);
        return;
      case "limit":
        this.#stopped("limit", `${outcome.route.name}: strict`, sentIn, 1);
        return;
      case "challenge":
        this.#stopped("challenge", `${outcome.route.name}: strict`, sentIn, 1);
        this.#solve(source, isolate);
        return;
      case "copy":
        this.copies++;
        break;
      case "served":
      case "failed":
      case "gone":
    }
    const member = sources[source];
    if (member) budgets.admit(member, crew);
    this.#settled++;
    if (fate !== "gone") this.#answered++;
    journal.noteOutcome(sentIn, fate === "gone" ? null : "");
  }

  /** It goes to the origin, or is answered from a copy: now all of its charges stay spent. */
  #noteKept({ charges, keyIds }: Account): void {
    const { audit, clock } = this.#o;
    for (const [i, { budget, cost }] of charges.entries()) {
      const rest = cost * (1 - shareUnserved(budget));
      if (rest > 0) audit.admit(keyIds[i] ?? NOT_AUDITED, rest, clock.now);
    }
  }

  /** The exact counter gives back what it let pass itself; whom its own budget refused would have gone on. */
  #noteGivenBack({ charges, keyIds }: Account, exactly: readonly boolean[], refusedBy: Budget | undefined): void {
    for (const [i, { budget, cost }] of charges.entries())
      if (exactly[i] && budget !== refusedBy)
        this.#o.audit.giveBack(keyIds[i] ?? NOT_AUDITED, cost * (1 - shareUnserved(budget)));
  }

  #stopped(kind: string, reason: string, sentIn: FloodSecond, times: number): void {
    this.#settled += times;
    this.#o.journal.noteOutcome(sentIn, kind, times);
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + times);
  }

  /** Buys a clearance, one at a time for a source. */
  #solve(source: number, isolate: ModelIsolate): void {
    const crowd = this.#crowd;
    const { clock, solving, journal } = this.#o;
    const { solves, keepsCookies } = crowd.crew;
    if (solves === "never" || crowd.cleared[source] === 1 || crowd.solving[source] === 1) return;
    const workMs = solves === "browser" ? solving.browserMs : solving.programMs;
    let startsAt = clock.now;
    if (solves === "program" || solving.isShared) {
      // One computer for all of them: who finds the line full does without.
      if (this.#solversBusyUntil - clock.now >= workMs * solving.waitingMax) return;
      startsAt = Math.max(startsAt, this.#solversBusyUntil);
      this.#solversBusyUntil = startsAt + workMs;
    }
    crowd.solving[source] = 1;
    clock.after(startsAt - clock.now + workMs + CHALLENGE_ROUND_MS, () => {
      void isolate.spendPuzzle().then((buys) => {
        crowd.solving[source] = 0;
        if (!buys) return;
        journal.clearancesBought++;
        if (keepsCookies) crowd.cleared[source] = 1;
      });
    });
  }

  /** The first charge for which the isolate's tally has no room; as many as there are when it has for all. */
  #firstExceeded(stream: number, charges: readonly Charge[], { tally }: ModelIsolate, now: number): number {
    if (now < (this.#refusedUntil[stream] ?? 0)) return this.#refusedFor[stream] ?? 0;
    for (let i = 0; i < charges.length; i++) {
      const charge = charges[i];
      const waitS = charge ? tally.waitSeconds(charge, now) : 0;
      if (!charge || waitS === 0) continue;
      if (shareUnserved(charge.budget) < 1) return i;
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

  /** The verdict that is remembered against one that is asked for anew, from the source's own address and clearance. */
  #compare(requestClass: RequestClass, source: number, isolate: ModelIsolate, outcome: Outcome): void {
    const { policy, clock } = this.#o;
    const { now } = clock;
    const asked = sentBy(this.#crowd.clientOf(source), requestClass.facts);
    const { lane, principal, clearance, evidence } = requestClass.identity;
    const shown = clearance === null ? null : `clearance ${this.#crowd.crew.name} ${source}`;
    const identity = located({ ...STRANGER, lane, principal, clearance: shown, evidence }, policy, asked.address, now);
    const { site } = requestClass;
    const posture = isolate.desk(site).posture(now);
    const decision = decide(asked, identity, site, policy, isolate.tally, inPosture(posture), now);
    this.compared++;
    if (decision.verdict.kind !== outcome.kind || decision.reason !== outcome.reason) this.different++;
  }
}
