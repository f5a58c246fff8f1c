/** The shipped rules with budgets that do not recover within a test, and 150 searches for a whole prefix. */
import { defineRules } from "../../src/policy/language.ts";
import steady, { MINUTES_A_MONTH } from "../lab/steady-rules.ts";

export default defineRules({
  ...steady,
  budgets: [
    ...steady.budgets,
    {
      name: "searches",
      per: "prefix",
      routes: "search",
      perMinute: 150 / MINUTES_A_MONTH,
      burst: 150,
      strict: true,
      then: "limit",
    },
  ],
});
