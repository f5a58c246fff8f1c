/** Makes the clinic's people and systems from its data, and lets them work until a run is over. */
import { networkOf } from "../addresses.ts";
import { type Clinic, proofOf } from "../clinic.ts";
import type { Journal } from "../journal.ts";
import type { Surge } from "../lab-scenario.ts";
import type { Client } from "../places.ts";
import { Random } from "../random.ts";
import { Browser } from "./browser.ts";
import { credentialOf } from "./credentials.ts";
import type { Edges } from "./edges.ts";
import { Doctor, Resident } from "./people.ts";
import type { Solving } from "./solving.ts";
import { Laboratory, Robot, SoapSystem } from "./systems.ts";

export interface Phases {
  readonly calmMs: number;
  readonly attackMs: number;
}

/** Whoever is there already has signed in within this share of the calm. */
const SIGNED_IN_BY = 0.5;
/** New doctors come within this part of the attack. */
export const ARRIVE_BETWEEN = [0.05, 0.7] as const;
const LAST_NAMES = ["ozola", "berzins", "kalnina", "liepins", "egle", "krumina", "priede", "balodis"];

interface Stage {
  readonly edges: Edges;
  readonly journal: Journal;
  readonly solving: Solving;
  /** The lab's SHIELD_SECRET. */
  readonly secret: string;
}

/** Everybody at work. Resolves when `end` is aborted and the last has stopped. */
export async function work(
  clinic: Clinic,
  surge: Surge | undefined,
  { calmMs, attackMs }: Phases,
  seed: number,
  stage: Stage,
  end: AbortSignal,
): Promise<void> {
  const random = new Random(seed);
  const { edges, journal, solving, secret } = stage;
  const browser = (address: string, own: Random) =>
    new Browser(clientAt(address, own.fraction() < 0.9 ? "HTTP/2" : "HTTP/1.1"), edges, own, solving);
  const jobs: Promise<void>[] = [];

  let doctors = 0;
  for (const plan of clinic.doctors)
    for (let n = 0; n < plan.count; n++) {
      const own = random.fork();
      // Evenly among the cast, not the last ones of it: they share addresses with the others.
      const arrives = Math.floor((n + 1) * plan.arriving) > Math.floor(n * plan.arriving);
      const afterMs = arrives
        ? calmMs + attackMs * own.between(...ARRIVE_BETWEEN)
        : own.between(0, calmMs * SIGNED_IN_BY);
      const user = `dr.${LAST_NAMES[doctors % LAST_NAMES.length]}-${++doctors}`;
      jobs.push(new Doctor(user, browser(nth(plan.addresses, n), own), own, journal, plan).work(afterMs, end));
    }

  const residents = [
    { plan: clinic.residents, fromMs: 0, overMs: calmMs * SIGNED_IN_BY },
    ...(surge?.residents
      ? [
          {
            plan: { ...clinic.residents, count: surge.residents.count, addresses: manyLines(surge.residents.count) },
            fromMs: calmMs,
            overMs: surge.residents.overS * 1000,
          },
        ]
      : []),
  ];
  let people = 0;
  for (const { plan, fromMs, overMs } of residents)
    for (let n = 0; n < plan.count; n++) {
      const own = random.fork();
      const user = own.fraction() < plan.signingIn ? `res.person-${++people}` : null;
      const resident = new Resident(user, browser(nth(plan.addresses, n), own), own, journal, plan);
      jobs.push(resident.visit(fromMs + own.between(0, overMs), end));
    }

  const systems = [
    ...clinic.systems.map((plan) => ({ plan, fromMs: 0, overMs: Math.min(plan.taskEveryMs, calmMs) })),
    ...(surge?.practiceSystems && clinic.systems[0]
      ? [
          {
            plan: {
              ...clinic.systems[0],
              count: surge.practiceSystems.count,
              addresses: manyLines(surge.practiceSystems.count),
            },
            fromMs: calmMs,
            overMs: surge.practiceSystems.overS * 1000,
          },
        ]
      : []),
  ];
  let installed = 0;
  for (const { plan, fromMs, overMs } of systems)
    for (let n = 0; n < plan.count; n++) {
      const own = random.fork();
      const client = clientAt(nth(plan.addresses, n), "HTTP/1.1");
      const credential = credentialOf(proofOf(plan.proofs, ++installed), installed, secret);
      const system = new SoapSystem(`system-${installed}`, client, credential, edges, own, journal, plan);
      jobs.push(system.work(fromMs + own.between(0, overMs), end));
    }

  const laboratories = [
    { plan: clinic.laboratories, fromMs: 0 },
    ...(surge?.laboratories ? [{ plan: { ...clinic.laboratories, ...surge.laboratories }, fromMs: calmMs }] : []),
  ];
  for (const { plan, fromMs } of laboratories)
    for (let n = 0; n < plan.count; n++) {
      const own = random.fork();
      const client = clientAt(nth(plan.addresses, n), "HTTP/1.1");
      const credential = credentialOf(proofOf(plan.proofs, ++installed), installed, secret);
      jobs.push(new Laboratory(client, credential, edges, own, journal, plan).work(fromMs, end));
    }

  for (let n = 0; n < clinic.robots.count; n++) {
    const client: Client = { ...clientAt(nth(clinic.robots.addresses, n), "HTTP/2"), kind: "hosting", country: "US" };
    jobs.push(new Robot(client, edges, random.fork(), journal, clinic.robots).work(end));
  }
  await Promise.all(jobs);
}

/** @throws {RangeError} when anybody of the clinic lives at an address that may be somebody's */
export function assertHarmlessClinic({ doctors, systems, laboratories, residents, robots }: Clinic): void {
  for (const { addresses } of [...doctors, ...systems, laboratories, residents, robots])
    for (const address of addresses) networkOf(address);
}

function clientAt(address: string, protocol: Client["protocol"]): Client {
  return { address, kind: "latvian", country: "LV", protocol };
}

function nth(addresses: readonly string[], n: number): string {
  return addresses[n % addresses.length] ?? "";
}

/** Lines of their own for a crowd: 198.19.192.0/18 has 16,384. */
export function manyLines(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `198.19.${192 + (n % 60)}.${100 + (Math.floor(n / 60) % 150)}`);
}
