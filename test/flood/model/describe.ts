/** The result of a model run as a few lines for people. */
import type { ModelGroup, ModelResult } from "./result.ts";

export function describe(result: ModelResult): string {
  const { attackers, model, origin, durableObjects, times } = result;
  const { overAdmission, newsS, exchange, elevated, memory } = model;
  const worst = overAdmission.worst;
  const rows: readonly (readonly [string, string])[] = [
    [
      "run",
      `${result.scenario}, seed ${result.seed}, ${count(result.durationS)} s${result.remark && `; ${result.remark}`}`,
    ],
    [
      "size",
      `${count(model.sources)} sources, ${count(model.isolatesAwake)} isolates awake of ${count(result.isolates)}, ${model.locations} locations`,
    ],
    [
      "flood",
      `${count(attackers.requests)} requests, ${count(attackers.reachedOrigin)} reached the origin; stopped ${percent(attackers.stopped)} (first 30 s ${percent(attackers.stoppedFirst30s)})`,
    ],
    [
      "answers",
      Object.entries(attackers.byAnswer)
        .map(([kind, n]) => `${kind} ${count(n)}`)
        .join(", ") || "–",
    ],
    ["kept copies", count(model.kept)],
    ["clinicians", group(result.clinicians)],
    ["machines", group(result.machines)],
    ["residents", group(result.residents)],
    [
      "origin, units/s",
      `mean ${count(origin.meanRps)}, peak 1 s ${count(origin.peak1sRps)}, 10 s ${count(origin.peak10sRps)}, capacity ${count(origin.capacityRps)}, calm ${count(origin.baselineRps)}`,
    ],
    [
      "elevated after",
      `watch ${ms(elevated.watchMs)}, half of the isolates ${ms(elevated.halfOfIsolatesMs)}, 99 % ${ms(elevated.nearlyAllIsolatesMs)}; origin within capacity after ${ms(times.mitigatedAfterMs)}`,
    ],
    [
      "keys over budget",
      `${count(overAdmission.keys)}; admitted ${count(overAdmission.admittedUnits)} of a budget of ${count(overAdmission.budgetUnits)}`,
    ],
    [
      "worst key",
      worst
        ? `${worst.key}: ${count(worst.overUnits)} over ${count(worst.budgetUnits)}, bound ${count(worst.boundUnits)}, ${worst.isolates} isolates, news ${ms(worst.newsMs)}`
        : "–",
    ],
    [
      "of its bound",
      `${percent(overAdmission.worstShareOfBound)} at most; ${overAdmission.keysBeyondBound} keys beyond it, ${overAdmission.keysBeyondProvenBound} beyond the proven one`,
    ],
    [
      "news",
      `p50 ${seconds(newsS.p50)}, p99 ${seconds(newsS.p99)}, max ${seconds(newsS.max)}; ${count(newsS.notEverywhere)} keys not everywhere`,
    ],
    [
      "object calls",
      `${count(durableObjects.calls)}: ${fixed(durableObjects.callsPerIsolateSecond)} per isolate-second (exchanges ${fixed(exchange.perIsolateSecond)}), ${fixed(durableObjects.callsPer1000AttackRequests)} per 1,000 flood requests`,
    ],
    [
      "per shard",
      `mean ${count(exchange.perShardSecond.mean)}/s, peak ${count(exchange.perShardSecond.peak)}/s, busy ${percent(exchange.busiestShardShare)}, longest queue ${ms(exchange.longestQueueMs)}; ${fixed(exchange.keysPerCall)} keys per exchange; refused ${count(exchange.refused)}`,
    ],
    [
      "memory",
      `${megabytes(memory.ledgerBytes)} of tallies here (${megabytes(memory.tallyBytesInProduction)} each in production), RSS ${megabytes(memory.modelRssBytes)}`,
    ],
    [
      "memoised",
      model.memoised
        ? `${count(model.memoised.compared)} compared, ${count(model.memoised.different)} different`
        : "not compared",
    ],
    ["wall", `${fixed(model.wallS)} s`],
  ];
  return rows.map(([name, text]) => `${name.padEnd(18)}${text}`).join("\n");
}

function group(of: ModelGroup): string {
  const { p50, p95, p99 } = of.addedLatencyMs;
  return `${count(of.requests)} requests, success ${percent(of.success)} (first 30 s ${percent(of.first30s)}); waited for room p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}; challenged ${of.challenged}, blocked ${of.blocked}`;
}

function count(value: number | null): string {
  return value === null ? "–" : Math.round(value).toLocaleString("en");
}

function fixed(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

function percent(value: number | null): string {
  return value === null ? "–" : `${(100 * value).toFixed(2)} %`;
}

function ms(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)} ms`;
}

function seconds(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(2)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
