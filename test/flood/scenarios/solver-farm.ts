/**
 * Somebody who pays for the work: a native program of his own solves puzzles one after the other on half a core, 58 ms
 * each, and his sources spend the clearances as fast as they can. What it costs to be let in, and what a clearance then
 * buys, is the question; the rates are assumed. In real time the lab answers from its own key and keeps the pace of a native
 * search (0.0165 µs a hash, measured in C with SHA-NI: 8.5 times as quick as the page); see real/native-farm.ts.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { BROWSER_HEADERS, CURRENT_BROWSERS, HTTP2, hosting } from "./dress.ts";

export const solverFarm: LabScenario = {
  name: "solver-farm",
  about: "3,000 rented machines that buy clearances with half a core and spend them, 15,000 requests/s",
  scale: 10,
  crews: [
    {
      name: "farm",
      sources: 3000,
      requestsPerSecond: 15_000,
      spread: 0.2,
      from: [hosting(1)],
      shape: { kind: "step", rampS: 5 },
      patienceMs: 10_000,
      connectionsPerSource: 10,
      protocols: HTTP2,
      keepsCookies: true,
      solves: "program",
      tactics: [
        {
          userAgents: CURRENT_BROWSERS,
          headers: BROWSER_HEADERS,
          mix: [
            { share: 50, method: "GET", path: "/" },
            { share: 30, method: "GET", path: "/search?q=$word" },
            { share: 20, method: "GET", path: "/news?page=$number" },
          ],
        },
      ],
    },
  ],
};
