/**
 * The HULK family: every request has a query that no cache has seen, referers rotate, headers say "no-cache". A square wave
 * of 20 minutes as in published logs of 2022; 2,000 sources and 20 requests/s each are assumed.
 */
import type { LabScenario, Tactic } from "../lab-scenario.ts";
import { HTTP1, hosting, OUTDATED_CHROMES } from "./dress.ts";

const referers = ["https://www.google.com/search?q=$word", "https://www.bing.com/search?q=$word"];
const mix: Tactic["mix"] = referers.flatMap((referer) => [
  { share: 30, method: "GET", path: "/?$word=$word", headers: [`Referer: ${referer}`] },
  { share: 20, method: "GET", path: "/assets/app.js?$word", headers: [`Referer: ${referer}`] },
]);

export const cacheBuster: LabScenario = {
  name: "cache-buster",
  about: "40,000 requests/s from 2,000 rented machines, each with a query that no cache has seen",
  scale: 20,
  crews: [
    {
      name: "rented machines",
      sources: 2000,
      requestsPerSecond: 40_000,
      spread: 0.4,
      from: [hosting(1)],
      shape: { kind: "step", rampS: 1 },
      patienceMs: 10_000,
      connectionsPerSource: 20,
      protocols: HTTP1,
      keepsCookies: false,
      solves: "never",
      tactics: [
        {
          userAgents: OUTDATED_CHROMES,
          headers: ["Accept: */*", "Accept-Encoding: identity", "Cache-Control: no-cache", "Pragma: no-cache"],
          mix,
        },
      ],
    },
  ],
};
