/**
 * 2 October 2025: 2,000,000 requests/s at the peak, for 70 minutes, and "tactics and volume repeatedly changed in answer to
 * countermeasures". The attacker looks how much of his flood the portal itself answers and, when it is too little, goes on
 * with other sources, paths, methods, browsers or rates; a fifth of his sources share addresses with clinicians' networks.
 * He looks every 60 s in the source; here every 12, so that a short run sees him change his mind.
 */
import type { Crew, LabScenario, Tactic } from "../lab-scenario.ts";
import {
  BARE_HEADERS,
  BROWSER_HEADERS,
  CURRENT_BROWSERS,
  FORM,
  HTTP2,
  hosting,
  latvian,
  OLD_BROWSERS,
  OUTDATED_CHROMES,
  residential,
} from "./dress.ts";

const tactics: readonly [Tactic, ...Tactic[]] = [
  { userAgents: OUTDATED_CHROMES, headers: BARE_HEADERS, mix: [{ share: 1, method: "GET", path: "/" }] },
  {
    userAgents: CURRENT_BROWSERS,
    headers: BROWSER_HEADERS,
    mix: [{ share: 1, method: "GET", path: "/search?q=$word" }],
  },
  {
    userAgents: CURRENT_BROWSERS,
    headers: BROWSER_HEADERS,
    mix: [{ share: 1, method: "POST", path: "/login/password", headers: [FORM], body: "user=dr.$word&password=$word" }],
  },
  {
    userAgents: ["Apache-HttpClient/4.5.14 (Java/17.0.9)"],
    headers: ["Accept: application/fhir+json", "Accept-Encoding: identity"],
    mix: [
      {
        share: 1,
        method: "POST",
        path: "/fhir/ServiceRequest",
        headers: ["Content-Type: application/fhir+json"],
        body: '{"resourceType":"ServiceRequest","note":[{"text":"$word"}]}',
      },
    ],
  },
  {
    userAgents: OLD_BROWSERS,
    headers: BARE_HEADERS,
    rate: 0.2,
    mix: [{ share: 1, method: "GET", path: "/app/patients?code=$code" }],
  },
  {
    userAgents: CURRENT_BROWSERS,
    headers: BROWSER_HEADERS,
    rate: 2,
    mix: [{ share: 1, method: "GET", path: "/?$word" }],
  },
];

const pool = {
  spread: 0.4,
  shape: { kind: "step", rampS: 5 },
  patienceMs: 10_000,
  connectionsPerSource: 30,
  protocols: HTTP2,
  keepsCookies: true,
  solves: "never",
  tactics,
  adapts: { everyS: 12, below: 0.2 },
} as const satisfies Partial<Crew>;

export const adaptive: LabScenario = {
  name: "adaptive",
  about: "150,000 requests/s by an attacker who watches his success and changes sources, paths and dress",
  scale: 100,
  crews: [
    {
      ...pool,
      name: "abroad",
      sources: 24_000,
      requestsPerSecond: 120_000,
      from: [hosting(50), residential(50, "198.19.0.0/17", ["RU", "BY", "VN", "KR", "US", "IN", "TW"])],
    },
    // Behind the same shared addresses of mobile operators as some of the clinic's own people.
    {
      ...pool,
      name: "in the Baltics",
      sources: 6000,
      requestsPerSecond: 30_000,
      from: [latvian(95), latvian(5, "203.0.113.192/27")],
    },
  ],
};
