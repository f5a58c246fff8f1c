/**
 * The shipped rules, and strangers are asked wherever `/guarded` or one of the portal's own paths below stands in the address:
 * tests meet the challenge without a flood, and pages elsewhere load as they do in calm.
 */
import { defineRules } from "../../src/policy/language.ts";
import shipped from "../lab/roomy-rules.ts";

/** Its scripts may read what the shield answers. */
export const READER = "https://app.example.lv";

const [portal, ...others] = shipped.sites;
if (!portal) throw new Error("the shipped rules protect nothing");

export default defineRules({
  ...shipped,
  sites: [
    {
      ...portal,
      readableBy: [READER],
      routes: [{ name: "seldom", path: "/echo/seldom*", importance: "normal" }, ...portal.routes],
    },
    ...others,
  ],
  budgets: [
    // One at once, and another every three seconds.
    { name: "seldom", per: "address", routes: "seldom", perMinute: 20, burst: 1, then: "limit" },
    ...shipped.budgets,
  ],
  rules: [
    ...shipped.rules,
    {
      name: "strangers are asked",
      when: { lane: "unknown", path: ["/echo/guarded*", "/app/*", "/news*", "/download/*", "/api/*"] },
      then: "challenge",
    },
  ],
});
