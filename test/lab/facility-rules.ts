/** The shipped rules, with budgets that do not recover within a test, with a small facility and an expired one. */
import { defineRules } from "../../src/policy/language.ts";
import rules from "./steady-rules.ts";

export default defineRules({
  ...rules,
  facilities: [
    { name: "Small surgery", networks: ["203.0.113.16/32"], seats: 1, expires: "2099-12-31" },
    { name: "Closed ward", networks: ["203.0.113.17/32"], seats: 40, expires: "2020-12-31" },
  ],
});
