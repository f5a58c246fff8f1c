/** Rules for measuring: so much capacity that only the shield is measured, and one budget that all compared Workers keep. */
import { defineRules } from "../../src/policy/language.ts";
import { AUDIENCE, DEMO_AUTHORITY, ISSUER, SYSTEMS_HOST } from "../lab/names.ts";

export const BUDGET = { perMinute: 300, burst: 100 };
const AMPLE = { perMinute: 60_000_000, burst: 1_000_000 };

/** Filled in when the Worker is bundled: the issuer's port is another with each run. */
declare const BENCH_KEYS_URL: string | undefined;
const keys = typeof BENCH_KEYS_URL === "string" ? BENCH_KEYS_URL : "http://127.0.0.1/keys";

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
    { name: "one system", per: "principal", lanes: "machine", ...AMPLE, then: "limit" },
    { name: "one address", per: "address", ...BUDGET, then: "limit" },
  ],
  rules: [
    {
      name: "measured",
      when: { path: "/challenged" },
      then: "challenge",
      because: "The challenge page is measured too.",
    },
  ],
  facilities: [],
  proofs: {
    certificates: [
      { name: "systems", site: "bench", hosts: [SYSTEMS_HOST], issuers: [DEMO_AUTHORITY], lane: "machine" },
    ],
    serviceKeys: {},
    tokens: [{ name: "login", issuer: ISSUER, keys, audience: AUDIENCE, algorithms: "ES256", lane: "machine" }],
  },
});

/** The only default export here: it stands in for src/rules.ts, which has one. */
export default rules;
