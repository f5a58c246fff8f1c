/** One answer of every kind, and how to ask for them. */
import { answer } from "../../src/answer/answer.ts";
import type { Answer, AnswerKind, Recipient, Service } from "../../src/answer/answer-kinds.ts";
import { compile } from "../../src/policy/compile.ts";
import type { Budget } from "../../src/policy/policy.ts";
import type { AnswerFormat, Fault, FaultCode } from "../../src/request/facts.ts";
import rules from "../../src/rules.ts";

export const FORMATS: readonly AnswerFormat[] = ["html", "problem", "soap11", "soap12", "fhir", "none"];
export const MACHINE_FORMATS = ["problem", "soap11", "soap12", "fhir"] as const;

const [anyBudget] = compile(rules).budgets;
if (!anyBudget) throw new Error("the rules have no budget");
export const budget: Budget = { ...anyBudget, name: "one clinician", perMinute: 600 };

const CODE = "ABCD-EFGH";
export const SAMPLES: { readonly [Kind in AnswerKind]: Answer & { readonly kind: Kind } } = {
  challenge: { kind: "challenge", supportCode: CODE },
  limit: { kind: "limit", supportCode: CODE, retryAfterS: 12, budget },
  block: { kind: "block", supportCode: CODE },
  wait: { kind: "wait", supportCode: CODE, retryAfterS: 12, turn: null },
  closed: {
    kind: "closed",
    supportCode: CODE,
    retryAfterS: 12,
    page: "closed",
    received: "no",
    notice: null,
    updatedAt: null,
  },
  fault: { kind: "fault", supportCode: CODE, fault: { status: 502, code: "origin-unreachable" } },
};

const FAULT_STATUS: Readonly<Record<FaultCode, Fault["status"]>> = {
  "url-too-long": 414,
  "cookie-too-long": 431,
  "too-many-headers": 431,
  "malformed-path": 400,
  "unknown-host": 400,
  "clock-skew": 401,
  "body-too-large": 413,
  "origin-unreachable": 502,
  "origin-timeout": 504,
  "already-sent": 400,
  "form-expired": 400,
  "form-foreign": 400,
  internal: 502,
};
export const FAULT_CODES = Object.keys(FAULT_STATUS) as FaultCode[];

export function faultOf(code: FaultCode): Answer {
  return { kind: "fault", supportCode: CODE, fault: { status: FAULT_STATUS[code], code } };
}

/** What staff tell, with all that must not become markup. */
export const NOTICE = {
  notice: { lv: "Meklēšana <b>nedarbojas</b>.\nZvaniet 113 & gaidiet.", en: 'Search is "off".\nCall <113> & wait.' },
  updatedAt: Date.UTC(2026, 10, 26, 11, 20),
};

/** Every answer that differs in more than a number. */
export const ALL: readonly (readonly [name: string, what: Answer])[] = [
  ...Object.entries(SAMPLES),
  ["wait, in line", { ...SAMPLES.wait, turn: { kind: "in", minutes: 10 } }],
  ["wait, no estimate", { ...SAMPLES.wait, turn: { kind: "unknown" } }],
  ["wait, her turn", { ...SAMPLES.wait, turn: { kind: "now" } }],
  ["closed, static only", { ...SAMPLES.closed, page: "static" }],
  ["closed, static only, with a notice", { ...SAMPLES.closed, page: "static", ...NOTICE }],
  ["closed, switched off", { ...SAMPLES.closed, page: "off", ...NOTICE }],
  ["closed, perhaps received", { ...SAMPLES.closed, received: "unknown" }],
  ...FAULT_CODES.map((code) => [code, faultOf(code)] as const),
];

export const SERVICE: Service = { languages: ["lv", "en"], supportPhone: "+371 6780 3300" };

export function answerTo(what: Answer, to: Partial<Recipient> = {}, service: Partial<Service> = {}): Response {
  const recipient: Recipient = {
    format: "html",
    language: "lv",
    method: "GET",
    frame: "none",
    carries: false,
    signInAt: null,
    corsOrigin: null,
    ...to,
  };
  return answer(what, recipient, { ...SERVICE, ...service });
}

/** Tags that were opened and not closed, or closed and not opened. */
export function unbalanced(markup: string): string[] {
  const open: string[] = [];
  for (const [, close, name = "", self] of markup.matchAll(/<(\/?)([a-zA-Z][\w:]*)[^>]*?(\/?)>/g)) {
    if (self) continue;
    if (!close) open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [...open, `/${name}`];
  }
  return open;
}
