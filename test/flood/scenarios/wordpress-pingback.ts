/**
 * Reflection by WordPress sites: one command each, and the sites ask for us. Counts and the share of user agents with a
 * suffix as in published logs (Sucuri 2016: 26,000 sites; Trilema 2014: 52 % name who commanded them). The sites cannot
 * change what they call themselves; the number in the query defeats caches.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { enterprise, hosting } from "./dress.ts";

const versions = ["3.0.1", "3.5.1", "3.9.2", "4.4.2", "4.9.8", "5.8", "6.4.3"];
const userAgents = versions.flatMap((version) => {
  const own = `WordPress/${version}; https://site$site.example`;
  const verifying = `${own}; verifying pingback from 198.18.250.9`;
  return [own, verifying];
});

export const wordpressPingback: LabScenario = {
  name: "wordpress-pingback",
  about: "26,000 WordPress sites made to ask for pages, in three pulses of 10,400 requests/s",
  scale: 5,
  crews: [
    {
      name: "reflectors",
      sources: 26_000,
      requestsPerSecond: 10_400,
      spread: 0.3,
      from: [hosting(95), enterprise(5)],
      shape: { kind: "pulses", count: 3, on: 0.6 },
      patienceMs: 10_000,
      connectionsPerSource: 2,
      protocols: [
        { share: 60, value: "HTTP/1.0" },
        { share: 40, value: "HTTP/1.1" },
      ],
      keepsCookies: false,
      solves: "never",
      tactics: [
        {
          userAgents,
          headers: ["Accept: */*", "Accept-Encoding: identity"],
          mix: [
            {
              share: 54,
              method: "GET",
              path: "/?$digits=$digits",
              headers: ["X-Pingback-Forwarded-For: 198.18.250.9"],
            },
            { share: 46, method: "GET", path: "/?$digits=$digits" },
          ],
        },
      ],
    },
  ],
};
