/**
 * One run in real time: a lab of its own, calm, attack, and what comes after. Real workerd, real bytes; everything that is
 * known of the product is what its answers say.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { compile } from "../../../src/policy/compile.ts";
import rules from "../../../src/rules.ts";
import { startEdges } from "../../lab/edge.ts";
import { CLINIC } from "../clinic.ts";
import { CrewPlan } from "../crew-plan.ts";
import { type Group, Journal } from "../journal.ts";
import { assertHarmless, type Crew, type LabScenario } from "../lab-scenario.ts";
import type { LiveSecond } from "../live.ts";
import {
  capacitiesOf,
  describeSeconds,
  floodAtPortal,
  measureAttackers,
  measureGroup,
  measureObjectCalls,
  measureOrigin,
  measureTimes,
  type Span,
} from "../measure.ts";
import { BudgetWatch } from "../over-admission.ts";
import { readState, recovered, setCapacity } from "../portal.ts";
import type { FloodResult } from "../result.ts";
import { assertHarmlessClinic, work } from "./cast.ts";
import { CrewAtWork } from "./crew.ts";
import { Edges, type Gate } from "./edges.ts";
import { NativeFarm } from "./native-farm.ts";
import { COUNTING_OBJECTS, readObjectCalls, setDead, totalCalls } from "./object-calls.ts";
import { OwnComputers } from "./own-computers.ts";
import { sleep } from "./people.ts";
import { Schedule } from "./schedule.ts";
import { type Solving, SolvingThread } from "./solving.ts";
import { judgeSoundness } from "./soundness.ts";
import { Watching } from "./watching.ts";

export interface RealRunOptions {
  readonly scenario: LabScenario;
  readonly seed: number;
  readonly scale: number;
  readonly edges: number;
  readonly calmS: number;
  readonly attackS: number;
  readonly afterS: number;
  /** False floods the bare portal. */
  readonly shield: boolean;
  /** Seconds of the flood between which all Durable Objects are dead; they come back with what they stored. */
  readonly outage?: { readonly fromS: number; readonly toS: number } | undefined;
  /** Ends the run early, with what there is so far. */
  readonly stop: AbortSignal;
  /** The lab runs: signals may be listened to. */
  readonly onStarted?: () => void;
  readonly onSecond?: (second: LiveSecond) => void;
  /** What most often went wrong for the clinic during the attack and after it, most frequent first. */
  readonly onFailures?: (failures: readonly Failure[]) => void;
}

export interface Failure {
  readonly lane: string;
  readonly why: string;
  readonly count: number;
}

const FAILURES_TOLD = 8;

/** Shares of a core that solving may use: each in a thread of its own. */
const DUTY = { browser: 0.5, program: 0.5 };
const WAITING_MAX = { browser: 20, program: 20 };
const PORTAL_RECOVERY_MAX_MS = 30_000;

/** @throws when the lab cannot be started or the portal cannot be asked */
export async function runReal(options: RealRunOptions): Promise<FloodResult> {
  const { scenario, seed, scale, shield } = options;
  assertHarmless(scenario);
  assertHarmlessClinic(CLINIC);
  // Without it workerd's memory grows to some gigabytes before its lazy collector looks.
  process.env.MINIFLARE_WORKERD_V8_FLAGS = "--gc-global";
  const secret = randomBytes(32).toString("base64url");
  const lab = await startEdges({
    edges: shield ? options.edges : 1,
    objectsEntry: COUNTING_OBJECTS,
    vars: { SHIELD_SECRET: secret },
  });
  options.onStarted?.();
  if (lab.portalUrl === null) throw new Error("the lab has no portal");
  const gates: Gate[] = shield
    ? lab.rawUrls.map((url) => ({ port: Number(url.port), absoluteForm: true }))
    : [{ port: Number(lab.portalUrl.port), absoluteForm: false }];
  const edges = new Edges(gates);
  const people = new OwnComputers(secret);
  const solvers: Solving[] = [people];
  try {
    const crews = scenario.crews.map((crew, n) => {
      const plan = new CrewPlan(crew, scale, seed * 1000 + n, options.attackS);
      const solving = solvingFor(crew.solves, secret);
      if (solving) solvers.push(solving);
      return { plan, solving };
    });
    return await new Run(options, lab.portalUrl, shield ? lab.objectsUrl : null, edges, people, crews, secret).go();
  } finally {
    edges.close();
    await Promise.all(solvers.map((solver) => solver.close()));
    await lab.stop();
  }
}

function solvingFor(solves: Crew["solves"], secret: string): Solving | null {
  switch (solves) {
    case "never":
      return null;
    case "browser":
      return new SolvingThread(DUTY.browser, WAITING_MAX.browser);
    case "program":
      return new NativeFarm(secret, DUTY.program, WAITING_MAX.program);
  }
}

class Run {
  readonly #options: RealRunOptions;
  readonly #portal: URL;
  readonly #objects: URL | null;
  readonly #edges: Edges;
  readonly #people: Solving;
  readonly #crews: readonly { readonly plan: CrewPlan; readonly solving: Solving | null }[];
  readonly #secret: string;

  constructor(
    options: RealRunOptions,
    portal: URL,
    objects: URL | null,
    edges: Edges,
    people: Solving,
    crews: readonly { readonly plan: CrewPlan; readonly solving: Solving | null }[],
    secret: string,
  ) {
    this.#options = options;
    this.#portal = portal;
    this.#objects = objects;
    this.#edges = edges;
    this.#people = people;
    this.#crews = crews;
    this.#secret = secret;
  }

  async go(): Promise<FloodResult> {
    const { scenario, seed, calmS, attackS, afterS, stop } = this.#options;
    // The portal counts by whole seconds of the clock: begin with one.
    await pause(1000 - (Date.now() % 1000));
    const startUnix = Math.round(Date.now() / 1000);
    const startedAt = performance.now();
    const now = () => performance.now() - startedAt;
    const journal = new Journal(now);
    const watching = new Watching(this.#portal, this.#objects, now);
    const budgets = new BudgetWatch(compile(rules), startUnix * 1000);
    const crews = this.#crews.map(({ plan, solving }) => new CrewAtWork(plan, this.#edges, journal, budgets, solving));
    const watchingEnd = new AbortController();
    const end = AbortSignal.any([stop, AbortSignal.timeout((calmS + attackS + afterS) * 1000)]);
    const watched = watching.watch(watchingEnd.signal, (second) =>
      this.#options.onSecond?.(this.#describe(second - 1, journal, watching, startUnix)),
    );
    const stage = { edges: this.#edges, journal, solving: this.#people, secret: this.#secret };
    const working = work(CLINIC, scenario.surge, { calmMs: calmS * 1000, attackMs: attackS * 1000 }, seed, stage, end);
    await pause(calmS * 500, undefined, { signal: stop }).catch(() => undefined);
    const prepared = Promise.all(crews.map((crew) => crew.prepare()));
    await pause(Math.max(0, calmS * 1000 - now()), undefined, { signal: stop }).catch(() => undefined);
    await prepared;

    const attackFromMs = now();
    const schedules = crews.map(() => new Schedule());
    const attackEnd = AbortSignal.any([stop, AbortSignal.timeout(attackS * 1000)]);
    await Promise.all([
      pause(attackS * 1000, undefined, { signal: stop }).catch(() => undefined),
      ...crews.map((crew, n) => crew.attack(attackEnd, schedules[n] ?? new Schedule())),
      this.#ail(watching.capacityPerSecond, attackEnd),
      this.#breakCounters(attackEnd),
    ]);
    const attackToMs = Math.min(now(), attackFromMs + attackS * 1000);
    if (!end.aborted) await new Promise((resolve) => end.addEventListener("abort", resolve, { once: true }));
    const endMs = now();
    // Nobody waits for an answer any longer.
    this.#edges.close();
    await watching.look(Math.floor(endMs / 1000));
    watchingEnd.abort();
    await Promise.all([working, watched]);
    const span: Span = { attackFromMs, attackToMs, endMs };
    this.#options.onFailures?.(commonFailures(journal, attackFromMs));
    return this.#measure(journal, budgets, watching, schedules, span, startUnix);
  }

  /** The portal loses a part of its capacity and gets it back, where the scenario says so. */
  async #ail(capacityPerSecond: number, end: AbortSignal): Promise<void> {
    const { scenario, attackS } = this.#options;
    if (!scenario.ailing) return;
    const { from, to, share } = scenario.ailing;
    const steps = [
      { afterS: from * attackS, bears: share * capacityPerSecond },
      { afterS: (to - from) * attackS, bears: capacityPerSecond },
    ];
    for (const { afterS, bears } of steps) {
      await sleep(afterS * 1000, end);
      if (end.aborted) return;
      await setCapacity(this.#portal, bears);
    }
  }

  /** All objects die and come back, where that was asked for. */
  async #breakCounters(end: AbortSignal): Promise<void> {
    const { outage } = this.#options;
    if (!outage || this.#objects === null) return;
    await sleep(outage.fromS * 1000, end);
    if (end.aborted) return;
    await setDead(this.#objects, true);
    await sleep((outage.toS - outage.fromS) * 1000, end);
    await setDead(this.#objects, false);
  }

  async #measure(
    journal: Journal,
    budgets: BudgetWatch,
    watching: Watching,
    schedules: readonly Schedule[],
    span: Span,
    startUnix: number,
  ): Promise<FloodResult> {
    const { scenario, seed, scale, edges, shield, stop } = this.#options;
    const { attackFromMs, attackToMs, endMs } = span;
    const units = Array.from({ length: Math.ceil(endMs / 1000) }, (_, n) => watching.units.get(startUnix + n) ?? 0);
    const atPortal = floodAtPortal(journal, (from, to) => watching.requestsBetween(from, to));
    const group = (name: Group) =>
      measureGroup(
        journal.wishes.filter((wish) => wish.group === name),
        journal.tasks.get(name) ?? { started: 0, completed: 0 },
        span,
      );
    const residents = group("residents");
    const attackers = measureAttackers(journal, span, atPortal);
    const calls = this.#objects === null ? null : await readObjectCalls(this.#objects);
    const attackSeconds = [attackFromMs, attackToMs].map((ms) => startUnix + Math.round(ms / 1000)) as [number, number];
    const postsLost = await this.#countLost(journal, watching.portalOpenedAt);
    const effort = judgeSoundness({
      lateShare: Math.max(0, ...schedules.map(({ lateShare }) => lateShare)),
      worstLateMs: Math.max(0, ...schedules.map(({ worstMs }) => worstMs)),
      cores: watching.coresBetween(attackFromMs, attackToMs),
      sent: attackers.requests,
      heldBack: journal.heldBack,
    });
    const remarks = [
      stop.aborted ? "ended early: partial" : "",
      postsLost === null ? "the portal was started anew, and what it held is not known" : "",
      effort.remark,
    ];
    return {
      scenario: scenario.name,
      seed,
      scale,
      clock: "real",
      shield,
      isolates: shield ? edges : 0,
      durationS: endMs / 1000,
      attackS: [attackFromMs / 1000, attackToMs / 1000],
      sound: effort.sound && postsLost !== null,
      remark: remarks.filter((remark) => remark !== "").join("; "),
      clinicians: group("clinicians"),
      residents: { ...residents, byLane: { ...residents.byLane, ...group("robots").byLane } },
      machines: { ...group("machines"), htmlOrRedirects: journal.htmlOrRedirects },
      attackers,
      overAdmission: budgets.measure(),
      origin: measureOrigin(units, watching.capacityPerSecond, span),
      times: measureTimes(journal, units, watching.capacityPerSecond, span),
      durableObjects: measureObjectCalls(
        calls && totalCalls(calls, ...attackSeconds),
        this.#edges.awake,
        attackers.requests,
        (attackToMs - attackFromMs) / 1000,
      ),
      postsSent: journal.believedSent.length,
      postsLost,
      // The shield raises no verdict and tells no rule by name yet: neither can be known from outside.
      verdict: null,
      rules: [],
      series: describeSeconds(
        journal,
        {
          units,
          postures: watching.postures,
          allowed: watching.allowed,
          capacities: capacitiesOf(scenario, watching.capacityPerSecond, span),
        },
        span,
        atPortal,
      ),
    };
  }

  /**
   * Prescriptions that somebody believes sent but the portal lacks, and those that it holds twice. Null when the portal is not
   * the one that was given them: miniflare starts another when workerd ends, as it does when the run is ended from outside.
   */
  async #countLost({ believedSent }: Journal, openedAt: number): Promise<number | null> {
    await recovered(this.#portal, PORTAL_RECOVERY_MAX_MS);
    const state = await readState(this.#portal);
    if (state.openedAt !== openedAt) return null;
    const { prescriptions } = state;
    const held = prescriptions.map((prescription) => JSON.stringify(prescription));
    return believedSent.filter((mark) => held.filter((text) => text.includes(mark)).length !== 1).length;
  }

  #describe(second: number, journal: Journal, watching: Watching, startUnix: number): LiveSecond {
    const { calmS, attackS } = this.#options;
    const flood = journal.floodSeconds[second];
    const theirs = journal.wishes.filter(({ group }) => group === "clinicians");
    return {
      second,
      phase: second < calmS ? "calm" : second < calmS + attackS ? "attack" : "after",
      sent: flood?.sent ?? 0,
      stopped: Object.values(flood?.stopped ?? {}).reduce((sum, count) => sum + count, 0),
      originUnits: watching.units.get(startUnix + second) ?? 0,
      posture: watching.postures[second] ?? null,
      clinicians: { ok: theirs.filter(({ ok }) => ok).length, all: theirs.length },
    };
  }
}

function commonFailures({ wishes }: Journal, fromMs: number): Failure[] {
  const failures = new Map<string, Failure>();
  for (const { lane, why, ok, atMs } of wishes) {
    if (ok || atMs < fromMs) continue;
    const key = `${lane} ${why}`;
    failures.set(key, { lane, why, count: (failures.get(key)?.count ?? 0) + 1 });
  }
  return [...failures.values()].sort((a, b) => b.count - a.count).slice(0, FAILURES_TOLD);
}
