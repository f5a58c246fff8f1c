/**
 * Small volume, large damage: sign-in costs the portal five times as much, and each well-formed personal code lights up a
 * telephone. A quarter of the hosts on hacktivist lists have such a path; on 2 October 2025 Latvia's e-signature was down.
 * The rate and the shares are assumed. Runs at full scale.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { BARE_HEADERS, FORM, HTTP1, hosting, JSON_TYPE, latvian, OUTDATED_CHROMES, residential } from "./dress.ts";

/** 8 kB that look like an assertion and are none. */
const GARBAGE = `SAMLResponse=${"$word".repeat(900)}`;

export const loginFlood: LabScenario = {
  name: "login-flood",
  about: "600 requests/s at sign-in: telephone prompts, starts, forged assertions",
  scale: 1,
  crews: [
    {
      name: "sign-in flood",
      sources: 600,
      requestsPerSecond: 600,
      spread: 0.3,
      from: [residential(80), hosting(10), latvian(10)],
      shape: { kind: "ramp", share: 0.3 },
      patienceMs: 10_000,
      connectionsPerSource: 4,
      protocols: HTTP1,
      keepsCookies: false,
      solves: "never",
      tactics: [
        {
          userAgents: OUTDATED_CHROMES,
          headers: BARE_HEADERS,
          mix: [
            { share: 30, method: "GET", path: "/login/start" },
            { share: 50, method: "POST", path: "/login/smartid", headers: [JSON_TYPE], body: '{"idCode":"$code"}' },
            { share: 20, method: "POST", path: "/saml/acs", headers: [FORM], body: GARBAGE },
          ],
        },
      ],
    },
  ],
};
