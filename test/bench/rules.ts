/** Rules for measuring: so much capacity that only the shield is measured, and one budget that all compared Workers keep. */
import { defineRules } from "../../src/policy/language.ts";

export const BUDGET = { perMinute: 300, burst: 100 };
const AMPLE = { perMinute: 60_000_000, burst: 1_000_000 };

const rules = defineRules({
  sites: [
    {
      name: "bench",
      hosts: ["portal.example.lv"],
      capacityPerSecond: 10_000_000,
      routes: [
        { name: "sign-in", path: "/login", importance: "high", vouches: true },
        { name: "prescriptions", path: "/app/*", importance: "critical" },
        { name: "everything else", path: "*", importance: "normal" },
      ],
    },
  ],
  budgets: [
    { name: "one clinician", per: "principal", lanes: "clinician", ...AMPLE, then: "limit" },
    { name: "one address", per: "address", ...BUDGET, then: "limit" },
  ],
  rules: [],
  facilities: [],
});

/** The only default export here: it stands in for src/rules.ts, which has one. */
export default rules;
