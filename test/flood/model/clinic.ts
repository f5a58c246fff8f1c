/**
 * The people and systems that the shield exists for, every request of theirs decided by the real `decide` and admitted by the
 * real `admit`. Figures: peak hour of a weekday, domain study part B.
 */
import type { Identity, Lane } from "../../../src/identity/identity.ts";
import { admit } from "../../../src/origin/admit.ts";
import { decide } from "../../../src/policy/decide.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { parseAddress } from "../../../src/request/address.ts";
import type { Facts } from "../../../src/request/facts.ts";
import type { Random } from "../random.ts";
import type { VirtualClock } from "./clock.ts";
import { GroupTally } from "./groups.ts";
import type { ModelIsolate } from "./isolate.ts";
import type { Objects } from "./objects.ts";
import type { ModelOrigin } from "./origin.ts";
import { factsOf, located, STRANGER, siteOf } from "./outcomes.ts";
import type { MixedRequest } from "./scenario.ts";

const LATVIA = { asn: 12578, country: "LV" };
/** 203.0.113.0/24 (RFC 5737), from .40 on: outside the demo hospital that the rules register. */
const FIRST_NAT = 40;

export type GroupName = "clinicians" | "machines" | "residents";

interface Group {
  readonly name: string;
  readonly of: GroupName;
  readonly members: number;
  /** Requests per second of all members. */
  readonly perSecond: number;
  /** Addresses that they share. */
  readonly addresses: number;
  readonly lane: Lane;
  /** When a member stops waiting, ms. */
  readonly patienceMs: number;
  readonly mix: readonly MixedRequest[];
}

const PORTAL: readonly MixedRequest[] = [
  { method: "GET", path: "/app/prescriptions", weight: 35, kind: "browser" },
  {
    method: "POST",
    path: "/app/prescriptions",
    weight: 15,
    kind: "browser",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
  },
  { method: "GET", path: "/app/sick-leaves", weight: 15, kind: "browser" },
  { method: "GET", path: "/app/patients", weight: 35, kind: "browser" },
];
const SOAP: MixedRequest = {
  method: "POST",
  path: "/soap/prescription",
  weight: 1,
  kind: "program",
  headers: { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '"CreatePrescription"' },
};
export const CLINIC_GROUPS: readonly Group[] = [
  {
    name: "hospital doctors",
    of: "clinicians",
    members: 3500,
    perSecond: 34,
    addresses: 45,
    lane: "clinician",
    patienceMs: 10_000,
    mix: PORTAL,
  },
  {
    name: "general practices",
    of: "clinicians",
    members: 900,
    perSecond: 17,
    addresses: 100,
    lane: "clinician",
    patienceMs: 10_000,
    mix: PORTAL,
  },
  {
    name: "practice software",
    of: "machines",
    members: 1500,
    perSecond: 57,
    addresses: 100,
    lane: "machine",
    patienceMs: 30_000,
    mix: [SOAP],
  },
  {
    name: "pharmacies",
    of: "machines",
    members: 800,
    perSecond: 16,
    addresses: 100,
    lane: "machine",
    patienceMs: 15_000,
    mix: [SOAP],
  },
  {
    name: "laboratories",
    of: "machines",
    members: 60,
    perSecond: 2,
    addresses: 60,
    lane: "machine",
    patienceMs: 30_000,
    mix: [
      {
        method: "POST",
        path: "/fhir/diagnosticreport",
        weight: 1,
        kind: "program",
        headers: { "Content-Type": "application/fhir+json" },
      },
    ],
  },
  {
    name: "signed-in residents",
    of: "residents",
    members: 2000,
    perSecond: 16,
    addresses: 150,
    lane: "resident",
    patienceMs: 10_000,
    mix: PORTAL,
  },
];

export interface ClinicOptions {
  readonly clock: VirtualClock;
  readonly policy: Policy;
  readonly origin: ModelOrigin;
  readonly objects: Objects;
  /** Where they connect. */
  readonly isolates: readonly ModelIsolate[];
  readonly random: Random;
  readonly floodAtS: number;
  readonly seconds: number;
}

export class Clinic {
  readonly #options: ClinicOptions;
  readonly #never = new AbortController().signal;
  readonly groups: Readonly<Record<GroupName, GroupTally>>;
  readonly byLane: ReadonlyMap<string, GroupTally>;

  constructor(options: ClinicOptions) {
    this.#options = options;
    const { clock, floodAtS, seconds } = options;
    const tally = (): GroupTally => new GroupTally(clock.now, floodAtS, seconds);
    this.groups = { clinicians: tally(), machines: tally(), residents: tally() };
    this.byLane = new Map(CLINIC_GROUPS.map(({ name }) => [name, tally()]));
    for (const group of CLINIC_GROUPS)
      this.#keepAsking(
        group,
        group.mix.map((asked) => factsOf(asked, LATVIA, natAddress(0))),
        options.random.fork(),
      );
  }

  /** Independent people: gaps between the requests of a group are exponential. */
  #keepAsking(group: Group, facts: readonly Facts[], random: Random): void {
    const { clock } = this.#options;
    const shares = group.mix.map(({ weight }, i) => ({ share: weight, facts: facts[i] }));
    const next = (): void => {
      const gapMs = (-Math.log(1 - random.fraction()) * 1000) / group.perSecond;
      clock.after(gapMs, () => {
        const asked = random.pickByShare(shares).facts;
        if (asked) void this.#ask(group, random.integer(0, group.members - 1), asked);
        next();
      });
    };
    next();
  }

  async #ask(group: Group, member: number, template: Facts): Promise<void> {
    const { clock, policy, origin, isolates } = this.#options;
    const askedAt = clock.now;
    const isolate = isolates[member % isolates.length];
    if (!isolate) return;
    const facts = { ...template, address: parseAddress(natAddress(member % group.addresses)) };
    const identity = identityOf(group, member, policy, facts, askedAt);
    const site = siteOf(policy, facts);
    const { desk, tally } = isolate;
    isolate.keepInTouch(askedAt);
    const decision = decide(facts, identity, site, policy, tally, desk.posture(askedAt), askedAt);
    tally.apply(decision.charges, askedAt);
    const { verdict, route } = decision;
    if (verdict.kind !== "allow") {
      desk.noteTurnedAway(route.cost);
      this.#refused(group, verdict.kind, askedAt);
      return;
    }
    desk.noteWanted(decision.serviceClass, route.cost);
    const wait = (ms: number): Promise<void> => clock.wait(ms);
    const room = await admit(desk.admission, decision, identity.lane, this.#never, wait, () => clock.now);
    const waitedMs = clock.now - askedAt;
    if (!room) return this.#note(group, askedAt, false, waitedMs);
    origin.ask(route.cost, route.timeoutMs, (served) => {
      desk.noteForwarded(!served);
      this.#note(group, askedAt, served && clock.now - askedAt <= group.patienceMs, waitedMs);
    });
  }

  #refused(group: Group, kind: string, askedAt: number): void {
    for (const tally of this.#talliesOf(group)) {
      if (kind === "challenge") tally.challenged++;
      if (kind === "block") tally.blocked++;
    }
    this.#note(group, askedAt, false, 0);
  }

  #note(group: Group, askedAt: number, ok: boolean, waitedMs: number): void {
    for (const tally of this.#talliesOf(group)) tally.note(askedAt, ok, waitedMs);
  }

  #talliesOf({ of, name }: Group): readonly GroupTally[] {
    const lane = this.byLane.get(name);
    return lane ? [this.groups[of], lane] : [this.groups[of]];
  }
}

function identityOf(group: Group, member: number, policy: Policy, facts: Facts, now: number): Identity {
  const proven: Identity = { ...STRANGER, lane: group.lane, principal: `${group.name} ${member}`, evidence: "pass" };
  return located(proven, policy, facts, now);
}

function natAddress(n: number): string {
  return `203.0.113.${FIRST_NAT + (n % (255 - FIRST_NAT))}`;
}
