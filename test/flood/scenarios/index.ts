/** Every scenario that `npm run flood` knows. */
import type { Scenario } from "../scenario.ts";
import { demo } from "./demo.ts";

export const SCENARIOS: readonly Scenario[] = [demo];
