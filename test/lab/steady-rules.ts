/**
 * The shipped rules with an origin that bears everything and budgets that take a month to recover: within a test a budget is
 * its burst and nothing more, however long the machine takes for it. For tests of how much passes.
 */
import { defineRules } from "../../src/policy/language.ts";
import roomy from "./roomy-rules.ts";

export const MINUTES_A_MONTH = 30 * 24 * 60;

export default defineRules({
  ...roomy,
  budgets: roomy.budgets.map((budget) => ({ ...budget, perMinute: budget.burst / MINUTES_A_MONTH })),
});
