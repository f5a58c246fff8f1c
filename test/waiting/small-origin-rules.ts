/** The shipped rules with an origin that is soon full. */
import { defineRules } from "../../src/policy/language.ts";
import rules from "../../src/rules.ts";

export default defineRules({
  ...rules,
  sites: rules.sites.map((site) => ({ ...site, capacityPerSecond: 20 })),
});
