/** The shipped rules with an origin that bears everything: for tests in which room is not what is tested. */
import { defineRules } from "../../src/policy/language.ts";
import rules from "../../src/rules.ts";

export default defineRules({
  ...rules,
  sites: rules.sites.map((site) => ({ ...site, capacityPerSecond: 1_000_000 })),
});
