/** The shipped rules with an origin that bears everything, and hardly a search for anybody. */
import { defineRules } from "../../src/policy/language.ts";
import roomy from "../lab/roomy-rules.ts";

export default defineRules({
  ...roomy,
  budgets: [
    ...roomy.budgets,
    { name: "searches", per: "prefix", routes: "search", perMinute: 1, burst: 1, strict: true, then: "limit" },
  ],
});
