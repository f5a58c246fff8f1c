/**
 * A day on the target list of NoName057(16). Shares of paths and methods are measured in real lists (3,055 of them, 2023 to
 * 2025): search, autocomplete, sign-in, password reset, contact forms with stale tokens, page numbers. 949 sources as
 * published by the Swiss NCSC in January 2024; 30 requests/s each is assumed, and a ramp while the volunteers fetch the list.
 */
import type { LabScenario } from "../lab-scenario.ts";
import {
  BARE_HEADERS,
  FORM,
  hosting,
  JSON_TYPE,
  latvian,
  OLD_BROWSERS,
  OUTDATED_CHROMES,
  residential,
} from "./dress.ts";

export const ddosiaDay: LabScenario = {
  name: "ddosia-day",
  about: "a day on a hacktivist target list: 949 volunteers, 28,000 requests/s at search, sign-in and forms",
  scale: 14,
  crews: [
    {
      name: "volunteers",
      sources: 949,
      requestsPerSecond: 28_000,
      spread: 0.5,
      from: [hosting(67), residential(28), latvian(5)],
      shape: { kind: "ramp", share: 0.2 },
      patienceMs: 10_000,
      connectionsPerSource: 30,
      protocols: [
        { share: 58, value: "HTTP/1.1" },
        { share: 38, value: "HTTP/2" },
        { share: 4, value: "HTTP/3" },
      ],
      keepsCookies: false,
      solves: "never",
      tactics: [
        {
          userAgents: [...OLD_BROWSERS, ...OUTDATED_CHROMES],
          headers: BARE_HEADERS,
          mix: [
            { share: 23, method: "GET", path: "/search?q=$word" },
            { share: 12, method: "GET", path: "/api/autocomplete?q=$word" },
            {
              share: 12,
              method: "POST",
              path: "/login/smartid",
              headers: [JSON_TYPE],
              body: '{"idCode":"$word"}',
            },
            { share: 8, method: "POST", path: "/password/forgot", headers: [FORM], body: "email=$word%40mail.example" },
            { share: 15, method: "POST", path: "/contact", headers: [FORM], body: "token=stale&text=$word" },
            { share: 10, method: "GET", path: "/news?page=$number" },
            { share: 10, method: "GET", path: "/" },
            { share: 5, method: "GET", path: "/wp-cron.php" },
            {
              share: 5,
              method: "POST",
              path: "/xmlrpc.php",
              headers: ["Content-Type: text/xml"],
              body: "<methodCall/>",
            },
          ],
        },
      ],
    },
  ],
};
