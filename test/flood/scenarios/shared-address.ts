/**
 * One infected computer behind the address that a hospital's doctors share: whoever blocks the address blocks the hospital.
 * The rate is assumed. Runs at full scale.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { BARE_HEADERS, HTTP1, OUTDATED_CHROMES } from "./dress.ts";

export const sharedAddress: LabScenario = {
  name: "shared-address",
  about: "one bot, 400 requests/s, behind the address of a hospital's doctors and of one that nobody registered",
  scale: 1,
  crews: ["203.0.113.2/32", "203.0.113.33/32"].map((network) => ({
    name: `bot behind ${network}`,
    sources: 1,
    requestsPerSecond: 200,
    spread: 0,
    from: [{ share: 1, network, kind: "latvian", countries: ["LV"] }],
    shape: { kind: "step", rampS: 1 },
    patienceMs: 10_000,
    connectionsPerSource: 60,
    protocols: HTTP1,
    keepsCookies: false,
    solves: "never",
    tactics: [
      {
        userAgents: OUTDATED_CHROMES,
        headers: BARE_HEADERS,
        mix: [
          { share: 50, method: "GET", path: "/" },
          { share: 50, method: "GET", path: "/search?q=$word" },
        ],
      },
    ],
  })),
};
