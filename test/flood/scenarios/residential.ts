/**
 * Low and wide: homes whose computers obey somebody else, each slower than a person who clicks. Sucuri saw 29,000 such
 * addresses at once; one request in ten seconds each is assumed. In two variants, as the difference is the answer to what
 * a challenge is worth: some do what a browser does and solve it, others never do. In the lab all solvers share one core's
 * half, so fewer solve than 40,000 homes could.
 */
import type { Crew, LabScenario } from "../lab-scenario.ts";
import { BROWSER_HEADERS, CURRENT_BROWSERS, HTTP2, latvian, residential } from "./dress.ts";

const homes: Crew = {
  name: "homes",
  sources: 40_000,
  requestsPerSecond: 4000,
  spread: 0.2,
  from: [residential(95), latvian(5)],
  shape: { kind: "ramp", share: 0.3 },
  patienceMs: 10_000,
  connectionsPerSource: 2,
  protocols: HTTP2,
  keepsCookies: true,
  solves: "never",
  tactics: [
    {
      userAgents: CURRENT_BROWSERS,
      headers: BROWSER_HEADERS,
      mix: [
        { share: 40, method: "GET", path: "/$word/$word" },
        { share: 40, method: "GET", path: "/search?q=$word" },
        { share: 20, method: "GET", path: "/" },
      ],
    },
  ],
};

export const residentialFlood: LabScenario = {
  name: "residential",
  about: "40,000 homes, one request in ten seconds each, whole browser headers; they never solve a challenge",
  scale: 2.5,
  crews: [homes],
};

export const residentialSolving: LabScenario = {
  name: "residential-solving",
  about: "the same 40,000 homes, but they solve challenges as a browser does",
  scale: 2.5,
  crews: [{ ...homes, solves: "browser" }],
};
