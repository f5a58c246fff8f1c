/** The shipped rules with an origin of a quarter of what the demo portal bears: a quarter of its flood is enough to take it. */
import { defineRules } from "../../src/policy/language.ts";
import rules from "../../src/rules.ts";

export const PORTAL_UNITS_PER_SECOND = 150;

export default defineRules({
  ...rules,
  sites: rules.sites.map((site) => ({ ...site, capacityPerSecond: PORTAL_UNITS_PER_SECOND })),
});
