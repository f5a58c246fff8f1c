/** Every scenario of the lab, in the order in which `npm run flood -- all` runs them. */
import type { LabScenario } from "../lab-scenario.ts";
import { abortBursts } from "./abort-bursts.ts";
import { adaptive } from "./adaptive.ts";
import { cacheBuster } from "./cache-buster.ts";
import { challengeFlood } from "./challenge-flood.ts";
import { contract2018 } from "./contract-2018.ts";
import { flashCrowd, morningAfter, nightBatch, originAils } from "./controls.ts";
import { ddosiaDay } from "./ddosia-day.ts";
import { insider } from "./insider.ts";
import { loginFlood } from "./login-flood.ts";
import { residentialFlood, residentialSolving } from "./residential.ts";
import { sharedAddress } from "./shared-address.ts";
import { slash64 } from "./slash64.ts";
import { solverFarm } from "./solver-farm.ts";
import { twinNextDay } from "./twin-next-day.ts";
import { wordpressPingback } from "./wordpress-pingback.ts";

export const SCENARIOS: readonly LabScenario[] = [
  contract2018,
  twinNextDay,
  wordpressPingback,
  ddosiaDay,
  loginFlood,
  residentialFlood,
  residentialSolving,
  cacheBuster,
  abortBursts,
  adaptive,
  insider,
  slash64,
  solverFarm,
  challengeFlood,
  sharedAddress,
  flashCrowd,
  morningAfter,
  nightBatch,
  originAils,
];
