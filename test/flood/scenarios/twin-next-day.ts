/**
 * The day after, another victim: "a certain part of the servers" of the first flood came again. That 700 of 2,000 sources
 * are the same, and 300 are public proxies, is assumed. Another host, the same machines behind it.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { contractCrew } from "./contract-2018.ts";
import { BARE_HEADERS, HTTP1, hosting, OLD_BROWSERS } from "./dress.ts";

const habits = {
  spread: 0.5,
  shape: { kind: "step", rampS: 10 },
  host: "nvd.example.lv",
  patienceMs: 10_000,
  connectionsPerSource: 8,
  protocols: HTTP1,
  keepsCookies: false,
  solves: "never",
  tactics: [
    {
      userAgents: OLD_BROWSERS,
      headers: BARE_HEADERS,
      mix: [
        { share: 60, method: "GET", path: "/" },
        { share: 40, method: "GET", path: "/?s=$word" },
      ],
    },
  ],
} as const;

export const twinNextDay: LabScenario = {
  name: "twin-next-day",
  about: "the next day's flood of another host, a third of it by the same sources as contract-2018",
  scale: 5,
  crews: [
    {
      ...habits,
      name: "the same as yesterday",
      sources: 700,
      requestsPerSecond: 3500,
      from: contractCrew.from,
      someOf: contractCrew,
    },
    { ...habits, name: "new ones", sources: 1000, requestsPerSecond: 5000, from: [hosting(1, "198.51.100.0/24")] },
    { ...habits, name: "public proxies", sources: 300, requestsPerSecond: 1500, from: [hosting(1, "192.0.2.0/24")] },
  ],
};
