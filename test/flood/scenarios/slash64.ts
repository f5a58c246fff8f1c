/**
 * One customer's IPv6 is 65,536 subnets: whoever counts whole addresses, or /64s, counts each request as a new visitor. The
 * rate is assumed; a hosting company gives a /48 to anybody who asks.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { BARE_HEADERS, HTTP2, OUTDATED_CHROMES } from "./dress.ts";

export const slash64: LabScenario = {
  name: "slash64",
  about: "400 IPv6 networks (/48), a new /64 for each of 20,000 requests/s",
  scale: 10,
  crews: [
    {
      name: "rotating subnets",
      sources: 400,
      requestsPerSecond: 20_000,
      spread: 0.3,
      from: [
        { share: 1, network: "2001:db8:8000::/33", kind: "hosting", countries: ["DE", "NL", "US"], rotates: true },
      ],
      shape: { kind: "step", rampS: 2 },
      patienceMs: 10_000,
      connectionsPerSource: 100,
      protocols: HTTP2,
      keepsCookies: false,
      solves: "never",
      tactics: [
        {
          userAgents: OUTDATED_CHROMES,
          headers: BARE_HEADERS,
          mix: [
            { share: 60, method: "GET", path: "/" },
            { share: 40, method: "GET", path: "/news?page=$number" },
          ],
        },
      ],
    },
  ],
};
