/**
 * 11 January 2018, five days before the flood: "atypical activity" by somebody who was authorised, or who used the
 * credentials of somebody who was. One valid session inside the network of a hospital with 400 colleagues, and slow uploads
 * as in Italy in May 2022. Rates are assumed; the session is never divided by the scale, the uploads are.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { BARE_HEADERS, BROWSER_HEADERS, CURRENT_BROWSERS, HTTP1, HTTP2, hosting, OUTDATED_CHROMES } from "./dress.ts";

export const insider: LabScenario = {
  name: "insider",
  about: "a doctor's valid session copies 150 patients a second from inside a hospital, beside slow uploads",
  scale: 10,
  crews: [
    {
      name: "one session",
      sources: 1,
      requestsPerSecond: 150,
      undivided: true,
      spread: 0,
      from: [{ share: 1, network: "203.0.113.1/32", kind: "latvian", countries: ["LV"] }],
      shape: { kind: "step", rampS: 1 },
      patienceMs: 10_000,
      connectionsPerSource: 40,
      protocols: HTTP2,
      keepsCookies: true,
      solves: "never",
      signsInAs: "dr.insider",
      tactics: [
        {
          userAgents: CURRENT_BROWSERS,
          headers: BROWSER_HEADERS,
          mix: [{ share: 1, method: "GET", path: "/app/patients?code=$next" }],
        },
      ],
    },
    {
      name: "slow uploads",
      sources: 1000,
      // 3,000 uploads are opened within ten seconds and then held open.
      requestsPerSecond: 300,
      spread: 0,
      from: [hosting(1)],
      shape: { kind: "step", rampS: 1 },
      patienceMs: 600_000,
      connectionsPerSource: 3,
      protocols: HTTP1,
      keepsCookies: false,
      solves: "never",
      trickleEveryMs: 10_000,
      tactics: [
        {
          userAgents: OUTDATED_CHROMES,
          headers: BARE_HEADERS,
          mix: [
            {
              share: 1,
              method: "POST",
              path: "/fhir/DiagnosticReport",
              headers: ["Content-Type: application/fhir+json", "Content-Length: 1000000"],
            },
          ],
        },
      ],
    },
  ],
};
