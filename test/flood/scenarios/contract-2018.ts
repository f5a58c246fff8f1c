/**
 * 16 January 2018, 13:14: the operator's own word is more than 10,000 requests in one second, from more than 20 countries,
 * "primitive and brutal". How many sources, which paths and which headers was never published: those are assumed.
 */
import type { Crew, LabScenario } from "../lab-scenario.ts";
import {
  BARE_HEADERS,
  enterprise,
  HTTP1,
  hosting,
  OLD_BROWSERS,
  residential,
  SOAP_TYPE,
  SOAP_WITHOUT_CERTIFICATE,
} from "./dress.ts";

export const contractCrew: Crew = {
  name: "contract",
  sources: 2500,
  requestsPerSecond: 10_000,
  spread: 0.5,
  from: [hosting(60), residential(35), enterprise(5)],
  shape: { kind: "step", rampS: 10 },
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
        { share: 50, method: "GET", path: "/" },
        { share: 10, method: "GET", path: "/search?q=$word" },
        { share: 8, method: "GET", path: "/login" },
        { share: 6, method: "GET", path: "/app/prescriptions" },
        { share: 6, method: "GET", path: "/news" },
        {
          share: 20,
          method: "POST",
          path: "/soap/prescription",
          headers: [SOAP_TYPE, 'SOAPAction: "CreatePrescription"'],
          body: SOAP_WITHOUT_CERTIFICATE,
        },
      ],
    },
  ],
};

export const contract2018: LabScenario = {
  name: "contract-2018",
  about: "the bought flood of January 2018: 10,000 requests/s from 2,500 sources, old browsers, no cookies",
  scale: 5,
  crews: [contractCrew],
};
