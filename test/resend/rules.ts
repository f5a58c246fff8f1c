/** Rules under which a path says what becomes of it. */
import { defineRules } from "../../src/policy/language.ts";

export default defineRules({
  sites: [
    {
      name: "forms",
      hosts: ["localhost"],
      capacityPerSecond: 1_000_000,
      routes: [
        { name: "for machines", path: "/closed/*", importance: "normal", usedBy: "machine" },
        // For these there is always room.
        { name: "forms", path: "/form/*", importance: "critical", cost: 0 },
        { name: "slow", path: "/slow/*", importance: "normal", timeoutSeconds: 1 },
        { name: "everything else", path: "*", importance: "normal" },
      ],
    },
    {
      // Two dear requests take all the room there is for strangers, for about ten seconds.
      name: "tight",
      hosts: ["tight.localhost"],
      capacityPerSecond: 100,
      routes: [
        { name: "forms", path: "/form/*", importance: "critical", cost: 0 },
        { name: "dear", path: "*", importance: "normal", cost: 1000 },
      ],
    },
  ],
  budgets: [
    { name: "one address", per: "address", lanes: "unknown", perMinute: 6000, burst: 1000, then: "limit" },
    { name: "one clearance", per: "clearance", perMinute: 6000, burst: 1000, then: "limit" },
  ],
  rules: [
    { name: "asked", when: { path: ["/challenge/*", "/closed/*"], method: "POST" }, then: "challenge" },
    { name: "limited", when: { path: "/limit/*", method: "POST", userAgent: "*impatient*" }, then: "limit" },
  ],
  facilities: [],
});
