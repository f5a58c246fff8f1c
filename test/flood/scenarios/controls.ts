/**
 * Days on which much happens and nobody attacks. Whoever is banned here is banned wrongly, and no verdict may say "attack".
 * Rates as they would be; they are not divided by the scale.
 */
import type { LabScenario } from "../lab-scenario.ts";

/** After a news item: eight times the residents of the busiest hour, 16 requests/s, within three minutes (here within 20 s). */
export const flashCrowd: LabScenario = {
  name: "flash-crowd",
  about: "control: residents come eight times as many as usual, because the news said that results are out",
  scale: 1,
  crews: [],
  surge: { residents: { count: 600, overS: 20 } },
};

/** After an outage the practices' systems come back together, three times as many calls as usual, none of them patient. */
export const morningAfter: LabScenario = {
  name: "morning-after",
  about: "control: practice software comes back all at once after an outage, three times the usual calls",
  scale: 1,
  crews: [],
  surge: { practiceSystems: { count: 300, overS: 5 } },
};

/** One of two database machines dies while many residents are there, and comes back: the shield has to find out by itself. */
export const originAils: LabScenario = {
  name: "origin-ails",
  about: "control: the portal bears half of what it did for a while, as residents come in numbers",
  scale: 1,
  crews: [],
  surge: { residents: { count: 1200, overS: 15 } },
  ailing: { share: 0.5, from: 0.3, to: 0.65 },
};

/** A laboratory sends the day's results at night: 60,000 documents of 120 kB within three hours from three addresses. */
export const nightBatch: LabScenario = {
  name: "night-batch",
  about: "control: three laboratories send a day's results, 6 documents of 120 kB a second",
  scale: 1,
  crews: [],
  surge: { laboratories: { count: 3, requestsPerSecond: 5.6, bytes: 120_000 } },
};
