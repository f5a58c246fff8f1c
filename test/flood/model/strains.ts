/** Not stories but strains, for the model alone: what melts counters. No two cores bear them in real time. */
import type { Crew, LabScenario } from "../lab-scenario.ts";
import { BARE_HEADERS, HTTP1, hosting, OUTDATED_CHROMES } from "../scenarios/dress.ts";
import { WHOLE_WORLD, type World } from "./world.ts";

export interface Strain extends LabScenario {
  readonly world: World;
  /** Seconds of attack unless the command says otherwise. */
  readonly attackS: number;
}

const CREW: Crew = {
  name: "strain",
  sources: 1,
  requestsPerSecond: 1,
  spread: 0,
  from: [hosting(1, "198.18.0.0/15", ["NL"])],
  shape: { kind: "step", rampS: 0 },
  patienceMs: 10_000,
  connectionsPerSource: 1000,
  protocols: HTTP1,
  keepsCookies: false,
  solves: "never",
  tactics: [
    {
      userAgents: OUTDATED_CHROMES.slice(0, 1),
      headers: BARE_HEADERS,
      mix: [{ share: 1, method: "GET", path: "/" }],
    },
  ],
};

const TWO_LOCATIONS: World = { ...WHOLE_WORLD, locations: 2, isolates: 200, isolatesPerClient: 100 };
const ONE_LOCATION: World = { ...WHOLE_WORLD, locations: 1, isolates: 200, isolatesPerClient: 200 };

export const STRAINS: readonly Strain[] = [
  {
    name: "one-address",
    about: "strain: one address, 50,000 requests/s over 200 isolates of two locations",
    scale: 1,
    // One of the addresses that anycast takes to a second location.
    crews: [{ ...CREW, requestsPerSecond: 50_000, from: [hosting(1, "198.18.0.3/32", ["NL"])] }],
    world: TWO_LOCATIONS,
    attackS: 45,
  },
  {
    name: "thin-address",
    about: "strain: one address, 800 requests/s over 200 isolates: nowhere more than its budget allows",
    scale: 1,
    crews: [{ ...CREW, requestsPerSecond: 800 }],
    world: ONE_LOCATION,
    attackS: 45,
  },
  {
    name: "everywhere",
    about: "strain: 100,000 sources at all 300 locations, 2,000,000 requests/s",
    scale: 1,
    crews: [{ ...CREW, sources: 100_000, requestsPerSecond: 2_000_000 }],
    world: WHOLE_WORLD,
    attackS: 20,
  },
  {
    name: "one-prefix",
    about:
      "strain: 250 addresses of one /24 try sign-in, 5,000 requests/s: each within its budget, their prefix is not",
    scale: 1,
    crews: [
      {
        ...CREW,
        sources: 250,
        requestsPerSecond: 5000,
        from: [hosting(1, "198.51.100.0/24", ["NL"])],
        tactics: [{ ...CREW.tactics[0], mix: [{ share: 1, method: "GET", path: "/login" }] }],
      },
    ],
    world: { ...ONE_LOCATION, isolatesPerClient: 8 },
    attackS: 45,
  },
  {
    name: "one-network",
    about:
      "strain: 20,000 addresses, each in a /48 of its own, of one network try sign-in at all 300 locations, " +
      "10,000 requests/s: each prefix is within its budget, their network is not",
    scale: 1,
    crews: [
      {
        ...CREW,
        sources: 20_000,
        requestsPerSecond: 10_000,
        from: [{ ...hosting(1, "2001:db8::/32", ["NL"]), asn: 64_666 }],
        tactics: [{ ...CREW.tactics[0], mix: [{ share: 1, method: "GET", path: "/login" }] }],
      },
    ],
    world: WHOLE_WORLD,
    attackS: 45,
  },
];
