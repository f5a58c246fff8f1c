/** Answers one request on the shield's own behalf: gathers what `answer` needs to know about who asks. */
import { randomId } from "../bytes.ts";
import { waitSecondsFor } from "../challenge/enter.ts";
import { issuanceCharge, WAITING } from "../challenge/issuance.ts";
import { issueTicket } from "../challenge/ticket.ts";
import type { Env } from "../env.ts";
import type { Lane } from "../identity/identity.ts";
import type { Isolate } from "../isolate.ts";
import { routeOf } from "../policy/decide.ts";
import type { Notice } from "../policy/modes.ts";
import type { Budget, Policy, Site } from "../policy/policy.ts";
import { REASONS } from "../policy/reasons.ts";
import type { Posture, Verdict } from "../policy/verdict.ts";
import type { Facts, Fault } from "../request/facts.ts";
import type { Glance } from "../request/glance.ts";
import type { Carried } from "../resend/carried.ts";
import type { Sealer } from "../seal.ts";
import { codeFor, openingNumber, type Turned } from "../support-code.ts";
import { answer, type Prebuilt, prebuiltFor, send } from "./answer.ts";
import type { Answer, Recipient, Service } from "./answer-kinds.ts";
import { type Entry, entryPage } from "./entry-page.ts";
import { jitteredSeconds } from "./retry.ts";
import { LANGUAGES, type Language } from "./texts.ts";

/** What was decided about an address a moment ago, and how that was told last. */
export interface StandingRefusal {
  readonly budget: Budget;
  /** When the budget has room for one more, ms since 1970. */
  readonly untilMs: number;
  readonly supportCode: string | null;
  last: (Glance & { readonly seconds: number; readonly told: Prebuilt }) | null;
}

export type Refusal = Exclude<Verdict, { kind: "allow" }>;

/** Of a request that could not be read nothing is known: it may have been sent by software, and may have sent something. */
const UNREAD = { format: "problem", language: "lv", method: "POST" } as const;

/** What staff tell the visitors of a site, as of `updatedAt` (ms since 1970). */
interface SiteNotice {
  readonly notice: Notice | null;
  readonly updatedAt: number | null;
}
const NO_NOTICE: SiteNotice = { notice: null, updatedAt: null };

export class Respondent {
  readonly #isolate: Isolate;
  readonly #service: Service;
  readonly #to: Recipient;
  readonly #site: Site | undefined;
  /** The request, where its challenge is a page that may be opened without the check. */
  readonly #visit: Facts | null;

  /** @param facts what is known of the request; a fault when it could not even be read */
  constructor(facts: Facts | Fault, isolate: Isolate, env: Env) {
    this.#isolate = isolate;
    this.#service = serviceOf(env);
    const { format, language, method } = "status" in facts ? UNREAD : facts;
    const read = "status" in facts ? null : facts;
    this.#site = read ? isolate.policy.siteOf.get(read.host) : undefined;
    this.#to = {
      format,
      language: spoken(language, this.#service),
      method,
      frame: read?.asker === "frame" ? frameOf(read) : "none",
      carries: false,
      signInAt: read && this.#site ? signInFor(read, this.#site) : null,
      corsOrigin: read && readerOf(read, isolate.policy),
    };
    this.#visit = read?.format === "html" && read.method === "GET" && this.#to.frame !== "foreign" ? read : null;
  }

  /** @param carried what was sent, to be sent again from the page; null where that cannot be */
  verdict(verdict: Refusal, reason: string, lane: Lane, posture: Posture, carried: Carried | null = null): Response {
    if (verdict.kind === "challenge" && this.#visit && this.#isolate.sealer)
      return this.#challengePage(this.#visit, this.#isolate.sealer, reason, lane, posture);
    const supportCode = this.supportCode(verdict.kind, reason, lane, posture);
    const notice = verdict.kind === "closed" ? this.#notice() : NO_NOTICE;
    return this.#answer(told(verdict, reason, posture, supportCode, notice), carried);
  }

  /** Null without a secret: then answers carry none. */
  supportCode(verdict: Turned["verdict"], reason: string, lane: Lane, posture: Posture): string | null {
    const { sealer } = this.#isolate;
    return sealer && this.#codeFor(sealer, { verdict, reason, lane, posture }, 0);
  }

  #codeFor(sealer: Sealer, turned: Omit<Turned, "alone">, number: number): string {
    return codeFor(sealer, { ...turned, alone: this.#isolate.exchange.alone !== null }, number, Date.now());
  }

  fault(fault: Fault, carried: Carried | null = null): Response {
    // A fault is the same for everybody, in every posture.
    const supportCode = this.supportCode("fault", fault.code, "unknown", "normal");
    return this.#answer({ kind: "fault", fault, supportCode }, carried);
  }

  #answer(what: Answer, carried: Carried | null): Response {
    return answer(what, carried ? { ...this.#to, carries: true } : this.#to, this.#service, carried);
  }

  /** A signature that holds but for its time: to a system with a wrong clock, coming back later would never help. */
  wrongClock(now: number): Response {
    const response = this.fault({ status: 401, code: "clock-skew" });
    const told = new Response(response.body, response);
    told.headers.set("Shield-Time", String(Math.floor(now / 1000)));
    told.headers.set("WWW-Authenticate", "Shield-Key"); // RFC 9110 section 15.5.2
    return told;
  }

  /** The page that holds this ticket already, with less time to go; null for whoever reads no pages. */
  challengeAgain(entry: Entry): Response | null {
    return this.#visit && entryPage(entry, this.#to, this.#service);
  }

  #challengePage(visit: Facts, sealer: Sealer, reason: string, lane: Lane, posture: Posture): Response {
    const now = Date.now();
    const { host, target, address } = visit;
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    const supportCode = this.#codeFor(sealer, { verdict: "challenge", reason, lane, posture }, openingNumber(random));
    const link = issueTicket(sealer, { host, target, supportCode }, now, randomId());
    const waitS = waitSecondsFor(this.#isolate.tally, issuanceCharge(WAITING, address, 0), posture, now);
    return entryPage({ ...link, supportCode, waitS }, this.#to, this.#service);
  }

  #notice(): SiteNotice {
    return this.#site ? this.#isolate.desk(this.#site).notice(Date.now()) : NO_NOTICE;
  }
}

/**
 * Says once more what was decided about an address: nothing is waited for. Who asks alike within a second is told alike, to
 * the byte: that makes the answer to a flood a comparison.
 */
export function repeat(
  refusal: StandingRefusal,
  { method, format, language }: Glance,
  env: Env,
  now: number,
): Response {
  const { budget, untilMs, supportCode, last } = refusal;
  const seconds = Math.max(1, Math.ceil((untilMs - now) / 1000));
  if (
    last &&
    last.seconds === seconds &&
    last.method === method &&
    last.format === format &&
    last.language === language
  )
    return send(last.told);
  const service = serviceOf(env);
  const to: Recipient = {
    format,
    language: spoken(language, service),
    method,
    frame: "none",
    carries: false,
    signInAt: null,
    corsOrigin: null,
  };
  const told = prebuiltFor({ kind: "limit", retryAfterS: spread(seconds), budget, supportCode }, to, service);
  refusal.last = { seconds, method, format, language, told };
  return send(told);
}

function spoken(language: Language, { languages }: Service): Language {
  return languages.includes(language) ? language : (languages[0] ?? "lv");
}

/** A sibling host is the same site, and has its cookies. */
function frameOf({ site }: Facts): "own" | "foreign" {
  return site === "same-origin" || site === "same-site" ? "own" : "foreign";
}

/** Her return comes from another site, so no page of ours may carry it: what can be told is where to start again. */
function signInFor(facts: Facts, site: Site): string | null {
  const isPage = facts.method === "POST" && facts.format === "html";
  return isPage && routeOf(site, facts).signIn === "return" ? site.signInAt : null;
}

function readerOf({ host, headers: { origin } }: Facts, policy: Policy): string | null {
  return origin !== "" && policy.siteOf.get(host)?.readableBy.has(origin) ? origin : null;
}

function told(
  verdict: Refusal,
  reason: string,
  posture: Posture,
  supportCode: string | null,
  { notice, updatedAt }: SiteNotice,
): Answer {
  switch (verdict.kind) {
    case "challenge":
    case "block":
      return { kind: verdict.kind, supportCode };
    case "limit":
      return { kind: "limit", retryAfterS: spread(verdict.retryAfterS), budget: verdict.budget, supportCode };
    case "wait":
      return { kind: "wait", retryAfterS: spread(verdict.retryAfterS), turn: verdict.turn ?? null, supportCode };
    case "closed": {
      const failed = reason === REASONS.ownFailure;
      return {
        kind: "closed",
        retryAfterS: spread(verdict.retryAfterS),
        page: verdict.off ? "off" : posture === "static-only" && !failed ? "static" : "closed",
        received: failed ? "unknown" : "no",
        notice: verdict.off?.notice ?? notice,
        updatedAt: verdict.off ? null : updatedAt,
        supportCode,
      };
    }
  }
}

function spread(seconds: number): number {
  return jitteredSeconds(seconds, Math.random());
}

/** Read once: `answer` keeps its prebuilt answers by this object. */
const services = new WeakMap<Env, Service>();

function serviceOf(env: Env): Service {
  let service = services.get(env);
  if (!service) {
    service = { languages: languagesOf(env), supportPhone: env.SUPPORT_PHONE ?? "" };
    services.set(env, service);
  }
  return service;
}

function languagesOf({ LANGUAGES: names = "lv,en" }: Env): readonly Language[] {
  const languages = names.split(",").flatMap((name) => LANGUAGES.filter((language) => language === name.trim()));
  return languages.length > 0 ? [...new Set(languages)] : LANGUAGES;
}
