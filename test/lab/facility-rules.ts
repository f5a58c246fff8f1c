/** The shipped rules with a small facility, whose budget is soon used up, and one whose registration has expired. */
import { defineRules } from "../../src/policy/language.ts";
import rules from "./roomy-rules.ts";

export default defineRules({
  ...rules,
  facilities: [
    { name: "Small surgery", networks: ["203.0.113.16/32"], seats: 1, expires: "2099-12-31" },
    { name: "Closed ward", networks: ["203.0.113.17/32"], seats: 40, expires: "2020-12-31" },
  ],
});
