/**
 * The clinic: who uses the portal on an ordinary Monday morning, as data. Counts and paces follow the country's busiest hour
 * (140 requests/s in all: hospitals 34, family doctors 17, practice software 57, pharmacies 16, laboratories 2, residents
 * 16, robots 2), a quarter of it, so that shares mean something beside a flood that two cores can make. The figures are
 * derived from published yearly totals (18.5 million prescriptions in 2025), not measured.
 *
 * Practice software, pharmacies and laboratories prove who they are, with certificates or service keys.
 */

/** How a piece of software proves who it is. */
export type ProofOfSoftware = "certificate" | "service key" | "none";

/** Shares of the installations; whoever is left over proves nothing. */
export interface ProofShares {
  readonly certificate: number;
  readonly serviceKey: number;
}

/** The same installation always proves itself in the same way, and any part of the cast is mixed alike. */
export function proofOf({ certificate, serviceKey }: ProofShares, installation: number): ProofOfSoftware {
  const place = (installation * 0.618034) % 1; // the golden ratio spreads them evenly
  if (place < certificate) return "certificate";
  return place < certificate + serviceKey ? "service key" : "none";
}

/** People with browsers who write prescriptions. */
export interface Doctors {
  readonly lane: "hospital" | "family doctors";
  readonly count: number;
  /** Those of one network share its addresses. */
  readonly addresses: readonly string[];
  /** Reading and typing: median of a log-normal, ms. */
  readonly thinkMs: number;
  readonly patienceMs: number;
  /** Share that is not signed in before the attack and comes while it runs: locums, telephones, other hospitals. */
  readonly arriving: number;
}

/** Programs that speak SOAP, one call after the other. */
export interface Systems {
  readonly lane: "practice software" | "pharmacies";
  readonly count: number;
  readonly addresses: readonly string[];
  /** Calls of one task: a prescription takes seven, a dispense three. */
  readonly task: "prescription" | "dispense";
  /** Between two tasks, ms: mean of an exponential. */
  readonly taskEveryMs: number;
  readonly pollEveryMs: number;
  readonly patienceMs: number;
  /** Share that asks again at once, three times, whatever Retry-After says. */
  readonly impatient: number;
  readonly userAgents: readonly string[];
  readonly proofs: ProofShares;
}

export interface Laboratories {
  readonly count: number;
  readonly addresses: readonly string[];
  readonly requestsPerSecond: number;
  /** Median of a log-normal, bytes. */
  readonly bytes: number;
  readonly patienceMs: number;
  readonly proofs: ProofShares;
}

export interface Residents {
  readonly count: number;
  readonly addresses: readonly string[];
  readonly thinkMs: number;
  readonly patienceMs: number;
  /** Share that signs in and looks at what is theirs; the others read what is public. */
  readonly signingIn: number;
}

export interface Robots {
  readonly count: number;
  readonly addresses: readonly string[];
  readonly everyMs: number;
}

export interface Clinic {
  readonly doctors: readonly Doctors[];
  readonly systems: readonly Systems[];
  readonly laboratories: Laboratories;
  readonly residents: Residents;
  readonly robots: Robots;
}

const PEOPLE_PATIENCE_MS = 10_000;

/** Latvian lines of the lab, 198.19.192.0/18 (RFC 2544): one address in each of so many networks. */
function lines(count: number, from: number): string[] {
  return Array.from({ length: count }, (_, n) => `198.19.${from + (n % 20)}.${10 + Math.floor(n / 20)}`);
}

/** Networks in which many share an address, as mobile operators have. */
const SHARED_LINES = lines(6, 192);

const PRACTICE_SOFTWARE = [
  "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)",
  "Apache-CXF/3.5.5",
  "Axis2",
  "Java/1.8.0_392",
  "gSOAP/2.8",
];

export const CLINIC: Clinic = {
  doctors: [
    // One hospital that the rules know, and one behind a single address that nobody registered.
    {
      lane: "hospital",
      count: 32,
      addresses: ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"],
      thinkMs: 4500,
      patienceMs: PEOPLE_PATIENCE_MS,
      arriving: 0.1,
    },
    {
      lane: "hospital",
      count: 20,
      addresses: ["203.0.113.33"],
      thinkMs: 4500,
      patienceMs: PEOPLE_PATIENCE_MS,
      arriving: 0.15,
    },
    {
      lane: "family doctors",
      count: 24,
      addresses: [...lines(18, 200), ...SHARED_LINES],
      thinkMs: 4500,
      patienceMs: PEOPLE_PATIENCE_MS,
      arriving: 0.15,
    },
  ],
  systems: [
    {
      lane: "practice software",
      count: 36,
      addresses: lines(30, 220),
      task: "prescription",
      taskEveryMs: 20_000,
      pollEveryMs: 60_000,
      patienceMs: 30_000,
      impatient: 0.5,
      userAgents: PRACTICE_SOFTWARE,
      proofs: { certificate: 0.6, serviceKey: 0.4 },
    },
    {
      lane: "pharmacies",
      count: 24,
      // Chains send everything through their headquarters.
      addresses: lines(6, 240),
      task: "dispense",
      taskEveryMs: 20_000,
      pollEveryMs: 120_000,
      patienceMs: 15_000,
      impatient: 0.5,
      userAgents: PRACTICE_SOFTWARE,
      proofs: { certificate: 0.6, serviceKey: 0.4 },
    },
  ],
  laboratories: {
    count: 6,
    addresses: lines(6, 245),
    requestsPerSecond: 0.5,
    bytes: 40_000,
    patienceMs: 60_000,
    proofs: { certificate: 1, serviceKey: 0 },
  },
  residents: {
    count: 30,
    addresses: [...lines(24, 208), ...SHARED_LINES],
    thinkMs: 5000,
    patienceMs: PEOPLE_PATIENCE_MS,
    signingIn: 0.4,
  },
  robots: { count: 2, addresses: lines(2, 250), everyMs: 4000 },
};
