/** The roomy rules, where the demo portal's echo vouches for whomever a test says. */
import { defineRules } from "../../src/policy/language.ts";
import rules from "./roomy-rules.ts";

export default defineRules({
  ...rules,
  sites: rules.sites.map((site) => ({
    ...site,
    routes: [{ name: "echo", path: "/echo/*", importance: "normal", vouches: true }, ...site.routes],
  })),
});
