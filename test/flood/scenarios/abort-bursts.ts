/**
 * What is left of Rapid Reset behind Cloudflare's edge: many requests at once that are given up before the answer. Sources
 * and the 100 at once are assumed; bursts of 30 s and 90 s of rest are shortened to 15 and 15, or a short run would see one.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { BARE_HEADERS, HTTP2, hosting, OUTDATED_CHROMES } from "./dress.ts";

export const abortBursts: LabScenario = {
  name: "abort-bursts",
  about: "500 machines ask 50,000 times a second in bursts and reset each request after 10 ms",
  scale: 25,
  crews: [
    {
      name: "aborters",
      sources: 500,
      requestsPerSecond: 50_000,
      spread: 0.3,
      from: [hosting(1)],
      shape: { kind: "square", onS: 15, offS: 15 },
      patienceMs: 10,
      connectionsPerSource: 100,
      protocols: HTTP2,
      keepsCookies: false,
      solves: "never",
      tactics: [
        {
          userAgents: OUTDATED_CHROMES,
          headers: BARE_HEADERS,
          mix: [
            { share: 50, method: "GET", path: "/app/patients?id=$word" },
            { share: 50, method: "GET", path: "/search?q=$word" },
          ],
        },
      ],
    },
  ],
};
