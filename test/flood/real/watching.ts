/** Looks at the lab each second while a run goes on: what reached the portal, what the posture is, how busy who is. */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { compile } from "../../../src/policy/compile.ts";
import rules from "../../../src/rules.ts";
import { childrenOf } from "../../lab/processes.ts";
import { PORTAL } from "./browser.ts";
import { readObjectCalls } from "./object-calls.ts";
import type { Cores } from "./soundness.ts";

/** The portal's site in src/rules.ts. */
const SITE = compile(rules).siteOf.get(PORTAL)?.name ?? "";

export interface PortalSecond {
  /** Requests that came to the portal. */
  requests: number;
  units: number;
}

/** What one look at the portal tells; the totals since its start. */
interface Look {
  readonly atMs: number;
  readonly requests: number;
}

export class Watching {
  /** Units offered to the portal, by Unix second. */
  readonly units = new Map<number, number>();
  readonly postures: (string | null)[] = [];
  /** What the watch allows for the portal, units a second. */
  readonly allowed: (number | undefined)[] = [];
  readonly #looks: Look[] = [];
  readonly #cpu: {
    readonly atMs: number;
    readonly generator: number;
    readonly workerd: number | null;
    readonly machine: MachineCpu | null;
  }[] = [];
  readonly #portal: URL;
  readonly #objects: URL | null;
  readonly #now: () => number;
  /** What the portal bears when all is well with it. */
  capacityPerSecond = 0;
  /** When the portal opened, Unix time in ms; 0 before the first look. */
  portalOpenedAt = 0;

  constructor(portal: URL, objects: URL | null, now: () => number) {
    this.#portal = portal;
    this.#objects = objects;
    this.#now = now;
  }

  /** Looks each second until `end` is aborted. */
  async watch(end: AbortSignal, onSecond: (second: number) => void): Promise<void> {
    for (let second = 0; !end.aborted; second++) {
      const wait = second * 1000 - this.#now();
      if (wait > 0) await pause(wait, undefined, { signal: end }).catch(() => undefined);
      if (end.aborted) return;
      this.#cpu.push({ atMs: this.#now(), generator: generatorCpuS(), workerd: workerdCpuS(), machine: machineCpuS() });
      await this.look(second);
      if (second > 0) onSecond(second);
    }
  }

  async look(second: number): Promise<void> {
    const [state, calls] = await Promise.all([
      readBrief(this.#portal),
      this.#objects === null ? null : readObjectCalls(this.#objects),
    ]);
    if (calls) {
      this.postures[second] = calls.posture;
      this.allowed[second] = calls.allowed[SITE];
    }
    if (state === null) return;
    this.capacityPerSecond ||= state.load.capacityPerSecond;
    this.portalOpenedAt ||= state.openedAt;
    for (const row of state.load.series) this.units.set(row.second, row.offeredUnits);
    const requests = Object.values(state.routes).reduce((sum, route) => sum + route.requests, 0);
    this.#looks.push({ atMs: this.#now(), requests });
  }

  /** Requests that came to the portal between two moments of the run, ms; between looks as if evenly. Null without looks. */
  requestsBetween(fromMs: number, toMs: number): number | null {
    if (this.#looks.length < 2) return null;
    return Math.max(0, this.#requestsUntil(toMs) - this.#requestsUntil(fromMs));
  }

  /** Cores in use on average between two moments, ms. Null where the system does not tell. */
  coresBetween(fromMs: number, toMs: number): Cores | null {
    const within = this.#cpu.filter(({ atMs }) => atMs >= fromMs - 500 && atMs <= toMs + 500);
    const [first, last] = [within[0], within[within.length - 1]];
    if (!first || !last || last.atMs - first.atMs < 1000) return null;
    const seconds = (last.atMs - first.atMs) / 1000;
    const workerd = first.workerd === null || last.workerd === null ? null : (last.workerd - first.workerd) / seconds;
    const generator = (last.generator - first.generator) / seconds;
    if (first.machine === null || last.machine === null) return { generator, workerd, others: null, idle: null };
    const busy = (last.machine.busy - first.machine.busy) / seconds;
    const idle = (last.machine.idle - first.machine.idle) / seconds;
    return { generator, workerd, others: Math.max(0, busy - generator - (workerd ?? 0)), idle };
  }

  #requestsUntil(moment: number): number {
    let before = { atMs: 0, requests: 0 };
    for (const look of this.#looks) {
      if (look.atMs >= moment) {
        const share = (moment - before.atMs) / Math.max(1, look.atMs - before.atMs);
        return before.requests + share * (look.requests - before.requests);
      }
      before = look;
    }
    return before.requests;
  }
}

interface Brief {
  readonly openedAt: number;
  readonly load: {
    readonly capacityPerSecond: number;
    readonly series: readonly { readonly second: number; readonly offeredUnits: number }[];
  };
  readonly routes: Readonly<Record<string, { readonly requests: number }>>;
}

async function readBrief(portal: URL): Promise<Brief | null> {
  try {
    const response = await fetch(new URL("/.portal/state?brief=1", portal), { signal: AbortSignal.timeout(5000) });
    return response.ok ? ((await response.json()) as Brief) : null;
  } catch {
    return null;
  }
}

function generatorCpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Clock ticks a second on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/** CPU time of all workerd below this process, s; null where the system does not tell. */
function workerdCpuS(): number | null {
  const stats = childrenOf(process.pid).flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/stat`, "utf8")];
    } catch {
      return []; // gone meanwhile
    }
  });
  const own = stats.filter((stat) => stat.includes("(workerd)"));
  if (own.length === 0) return null;
  return own.reduce((sum, stat) => {
    // proc(5): after the name in brackets, utime and stime are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
  }, 0);
}

interface MachineCpu {
  readonly busy: number;
  readonly idle: number;
}

/** CPU time of the whole machine since it started, s; null where the system does not tell. */
function machineCpuS(): MachineCpu | null {
  try {
    // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal.
    const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0, steal = 0] =
      /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1]?.split(" ").map(Number) ?? [];
    return {
      busy: (user + nice + system + irq + softirq + steal) / TICKS_PER_S,
      idle: (idle + waiting) / TICKS_PER_S,
    };
  } catch {
    return null;
  }
}
