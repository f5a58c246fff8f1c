/**
 * The two clocks compared: the same scenario, scale, isolates and locations in real and in model time. Where they differ by
 * more than is allowed, one of them is wrong about the shield, and no figure of the model at full scale is worth much.
 */
import { writeShare } from "./report-page/wording.ts";
import type { FloodResult } from "./result.ts";

export interface ComparedFigure {
  readonly scenario: string;
  readonly name: string;
  readonly real: string;
  readonly model: string;
  readonly difference: string;
  readonly allowed: string;
  /** Null when one of the two does not know it, is not sound, or counted too little to tell. */
  readonly met: boolean | null;
}

/** Shares may differ by so much. */
const POINTS = 0.02;
/** Counts may differ by this share of the real one. */
const SHARE = 0.2;
/** Chance alone moves a count of less by a fifth: the standard deviation of n independent events is √n. */
const COUNT_MIN = 25;

export function compareClocks(real: FloodResult, model: FloodResult): readonly ComparedFigure[] {
  const { scenario } = real;
  const isSound = real.sound && model.sound && real.remark === "" && model.remark === "";
  const judged = (met: boolean | null): boolean | null => (isSound ? met : null);
  const share = (name: string, a: number | null, b: number | null): ComparedFigure => ({
    scenario,
    name,
    real: writeShare(a),
    model: writeShare(b),
    difference: a === null || b === null ? "" : `${(100 * (b - a)).toFixed(1)} points`,
    allowed: `${100 * POINTS} points`,
    met: judged(a === null || b === null ? null : Math.abs(a - b) <= POINTS),
  });
  const count = (name: string, a: number | null, b: number | null, least: number): ComparedFigure => {
    const isKnown = a !== null && b !== null;
    const isFew = isKnown && Math.max(a, b) < least;
    return {
      scenario,
      name,
      real: write(a),
      model: write(b),
      difference: !isKnown ? "" : isFew ? "too few to tell" : a === 0 ? "" : `${(100 * (b / a - 1)).toFixed(0)} %`,
      allowed: `${100 * SHARE} %`,
      met: judged(!isKnown || isFew ? null : Math.abs(b - a) <= SHARE * a),
    };
  };
  return [
    share("flood stopped, after 30 s", real.attackers.stopped, model.attackers.stopped),
    share("flood stopped, first 30 s", real.attackers.stoppedFirst30s, model.attackers.stoppedFirst30s),
    count(
      "object calls per isolate-second",
      real.durableObjects.callsPerIsolateSecond,
      model.durableObjects.callsPerIsolateSecond,
      0,
    ),
    count("let through ÷ what budgets held", letThrough(real), letThrough(model), 0),
    count(
      "requests beyond budgets",
      real.overAdmission?.beyondBudget ?? null,
      model.overAdmission?.beyondBudget ?? null,
      COUNT_MIN,
    ),
  ];
}

/** Of the sources that asked for well more than their budgets held. */
function letThrough({ overAdmission }: FloodResult): number | null {
  return overAdmission && overAdmission.admitted / overAdmission.budget;
}

const WIDTHS = [22, 34, 12, 12, 18, 12] as const;

export function describeComparison(figures: readonly ComparedFigure[]): string {
  const line = (cells: readonly string[]) => cells.map((cell, n) => cell.padEnd(WIDTHS[n] ?? 0)).join("");
  const rows = figures.map(({ scenario, name, real, model, difference, allowed, met }, n) => {
    const word = met === null ? "?" : met ? "met" : "MISSED";
    const isFirst = figures[n - 1]?.scenario !== scenario;
    return line([isFirst ? scenario : "", name, real, model, difference, allowed, word]);
  });
  const count = (met: boolean | null) => figures.filter((figure) => figure.met === met).length;
  return [
    line(["scenario", "figure", "real", "model", "difference", "allowed", ""]),
    ...rows,
    `${count(true)} met, ${count(false)} missed, ${count(null)} cannot be told.`,
  ].join("\n");
}

function write(value: number | null): string {
  if (value === null) return "not known";
  return Number.isInteger(value) ? value.toLocaleString("en-US") : value.toFixed(2);
}
