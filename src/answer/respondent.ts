/** Answers one request on the shield's own behalf: gathers what `answer` needs to know about who asks. */
import type { Env } from "../env.ts";
import type { Lane } from "../identity/identity.ts";
import type { Isolate } from "../isolate.ts";
import type { Posture, Verdict } from "../policy/verdict.ts";
import type { Facts, Fault } from "../request/facts.ts";
import { type Answer, answer, jittered } from "./answer.ts";
import type { Language } from "./texts.ts";

export type Refusal = Exclude<Verdict, { kind: "allow" }>;

export class Respondent {
  readonly #isolate: Isolate;
  readonly #about: Pick<Answer, "format" | "posted" | "language" | "languages" | "supportPhone">;

  /** @param facts what is known of the request; a fault when it could not even be read */
  constructor(facts: Facts | Fault, isolate: Isolate, env: Env) {
    this.#isolate = isolate;
    const languages = languagesOf(env);
    const known = "status" in facts ? { format: "problem" as const, language: "lv" as const } : facts;
    this.#about = {
      format: known.format,
      posted: !("status" in facts) && facts.method !== "GET" && facts.method !== "HEAD",
      language: languages.includes(known.language) ? known.language : (languages[0] ?? "lv"),
      languages,
      supportPhone: env.SUPPORT_PHONE ?? "",
    };
  }

  async verdict(verdict: Refusal, reason: string, lane: Lane, posture: Posture): Promise<Response> {
    const { supportCodes: codes, exchange } = this.#isolate;
    // An isolate that counts alone may be wrong about a client: its explanations say so.
    const why = exchange.alone === null ? reason : `${reason}; counting alone: ${exchange.alone}`;
    const supportCode = codes
      ? await codes.codeFor({ verdict: verdict.kind, reason: why, lane, posture }, Date.now())
      : null;
    const retryAfterS = "retryAfterS" in verdict ? jittered(verdict.retryAfterS, Math.random()) : null;
    const budget = verdict.kind === "limit" ? verdict.budget : null;
    return answer({ ...this.#about, kind: verdict.kind, supportCode, retryAfterS, budget, fault: null });
  }

  fault(fault: Fault): Response {
    return answer({ ...this.#about, kind: "fault", supportCode: null, retryAfterS: null, budget: null, fault });
  }
}

const KNOWN: readonly Language[] = ["lv", "en"];

function languagesOf({ LANGUAGES = "lv,en" }: Env): readonly Language[] {
  return LANGUAGES.split(",").flatMap((name) => KNOWN.filter((language) => language === name.trim()));
}
