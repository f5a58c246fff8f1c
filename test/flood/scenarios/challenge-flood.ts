/**
 * The shield's own paths are the target, as the challenge page shows them to everybody: puzzles are asked for and thrown
 * away, proofs are garbage, or the same good one again and again. The rates are assumed.
 */
import type { LabScenario } from "../lab-scenario.ts";
import { CURRENT_BROWSERS, HTTP2, hosting, JSON_TYPE } from "./dress.ts";

export const challengeFlood: LabScenario = {
  name: "challenge-flood",
  about: "20,000 requests/s at the challenge itself: puzzles, garbage proofs, replayed proofs",
  scale: 10,
  noModel: "it floods the shield's own paths, which nothing of the model answers",
  crews: [
    {
      name: "puzzle flood",
      sources: 2000,
      requestsPerSecond: 20_000,
      spread: 0.4,
      from: [hosting(1)],
      shape: { kind: "step", rampS: 2 },
      patienceMs: 10_000,
      connectionsPerSource: 20,
      protocols: HTTP2,
      keepsCookies: false,
      solves: "program",
      tactics: [
        {
          userAgents: CURRENT_BROWSERS,
          headers: [
            "Accept: */*",
            "Accept-Encoding: identity",
            "Sec-Fetch-Site: same-origin",
            "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Dest: empty",
          ],
          mix: [
            { share: 50, method: "POST", path: "/.shield/puzzle", headers: [JSON_TYPE], body: "{}" },
            {
              share: 29,
              method: "POST",
              path: "/.shield/redeem",
              headers: [JSON_TYPE],
              body: '{"challenge":"$word$word$word.$word","answers":[1,2,3,4,5,6,7,8]}',
            },
            { share: 20, method: "POST", path: "/.shield/redeem", headers: [JSON_TYPE], body: "$replay" },
            { share: 1, method: "GET", path: "/" },
          ],
        },
      ],
    },
  ],
};
