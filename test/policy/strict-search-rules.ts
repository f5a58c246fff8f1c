/** The shipped rules with an origin that bears everything, and 150 searches for a whole prefix. */
import { defineRules } from "../../src/policy/language.ts";
import roomy from "../lab/roomy-rules.ts";

export default defineRules({
  ...roomy,
  budgets: [
    ...roomy.budgets,
    { name: "searches", per: "prefix", routes: "search", perMinute: 1, burst: 150, strict: true, then: "limit" },
  ],
});
