/** The clinic of clinic.ts under the virtual clock: as many people and programs as the world has clinics, all at work. */
import type { Clinic } from "../clinic.ts";
import type { Journal } from "../journal.ts";
import type { Surge } from "../lab-scenario.ts";
import type { Client } from "../places.ts";
import type { Random } from "../random.ts";
import { ARRIVE_BETWEEN, manyLines } from "../real/cast.ts";
import { ModelDoctor, ModelLaboratory, ModelResident, ModelRobot, ModelSystem, type Stage } from "./people.ts";
import { type Edge, Visitor } from "./visitor.ts";

export interface Phases {
  readonly calmMs: number;
  readonly attackMs: number;
}

/** Everybody begins; nobody ends before the clock does. Who is there from the beginning has signed in before it. */
export function startWork(
  clinic: Clinic,
  surge: Surge | undefined,
  { calmMs, attackMs }: Phases,
  edge: Edge,
  journal: Journal,
  random: Random,
): void {
  let members = 0;
  const { clock, world } = edge;
  /** The n-th of a group at one of its addresses, with chances of her own. */
  const cast = <T>(
    count: number,
    addresses: readonly string[],
    make: (visitor: Visitor, stage: Stage, n: number) => T,
  ) =>
    Array.from({ length: count }, (_, n) => {
      const stage: Stage = { clock, journal, random: random.fork() };
      const client = clientAt(addresses[n % addresses.length] ?? "");
      return make(new Visitor(`member ${++members}`, client, edge, stage.random), stage, n);
    });
  const times = ({ count }: { readonly count: number }) => count * world.clinics;

  for (const plan of clinic.doctors)
    cast(times(plan), plan.addresses, (visitor, stage, n) => {
      const arrives = Math.floor((n + 1) * plan.arriving) > Math.floor(n * plan.arriving);
      const afterMs = arrives
        ? calmMs + attackMs * stage.random.between(...ARRIVE_BETWEEN)
        : stage.random.between(0, Math.min(calmMs, plan.thinkMs));
      void new ModelDoctor(visitor, stage, plan).work(afterMs, !arrives);
    });

  const { residents } = clinic;
  const has = (random: Random, since: "signed in" | "an account") =>
    random.fraction() < residents.signingIn ? since : "no account";
  cast(times(residents), residents.addresses, (visitor, stage) => {
    const afterMs = stage.random.between(0, Math.min(calmMs, residents.thinkMs));
    void new ModelResident(visitor, stage, residents).visit(afterMs, has(stage.random, "signed in"));
  });
  for (const plan of clinic.systems)
    cast(times(plan), plan.addresses, (visitor, stage, n) => {
      void new ModelSystem(visitor, stage, plan, n).work(stage.random.between(0, Math.min(plan.taskEveryMs, calmMs)));
    });
  const laboratories = {
    ...clinic.laboratories,
    requestsPerSecond: clinic.laboratories.requestsPerSecond * world.clinics,
  };
  cast(times(laboratories), laboratories.addresses, (visitor, stage, n) => {
    void new ModelLaboratory(visitor, stage, { ...laboratories, count: times(clinic.laboratories) }, n).work(0);
  });
  cast(times(clinic.robots), clinic.robots.addresses, (visitor, stage) => {
    void new ModelRobot(visitor, stage, clinic.robots).work();
  });

  // A surge is written as it is, not as a quarter of it.
  const crowd = surge?.residents;
  if (crowd)
    cast(crowd.count, manyLines(crowd.count), (visitor, stage) => {
      const afterMs = calmMs + stage.random.between(0, crowd.overS * 1000);
      void new ModelResident(visitor, stage, residents).visit(afterMs, has(stage.random, "an account"));
    });
  const [practice] = clinic.systems;
  const systems = surge?.practiceSystems;
  if (systems && practice)
    cast(systems.count, manyLines(systems.count), (visitor, stage, n) => {
      void new ModelSystem(visitor, stage, practice, n).work(calmMs + stage.random.between(0, systems.overS * 1000));
    });
  const batch = surge?.laboratories;
  if (batch)
    cast(batch.count, clinic.laboratories.addresses, (visitor, stage, n) => {
      void new ModelLaboratory(visitor, stage, { ...clinic.laboratories, ...batch }, n).work(calmMs);
    });
}

function clientAt(address: string): Client {
  return { address, kind: "latvian", country: "LV", protocol: "HTTP/1.1" };
}
