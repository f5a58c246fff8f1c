/** Answers one request on the shield's own behalf: gathers what `answer` needs to know about who asks. */
import type { Env } from "../env.ts";
import type { Lane } from "../identity/identity.ts";
import type { Isolate } from "../isolate.ts";
import type { Posture, Verdict } from "../policy/verdict.ts";
import type { Facts, Fault } from "../request/facts.ts";
import { answer } from "./answer.ts";

export class Respondent {
  readonly #request: Request;
  readonly #facts: Facts | null;
  readonly #isolate: Isolate;
  readonly #env: Env;
  constructor(request: Request, facts: Facts | Fault, isolate: Isolate, env: Env) {
    this.#request = request;
    this.#facts = "status" in facts ? null : facts;
    this.#isolate = isolate;
    this.#env = env;
  }
  async verdict(
    verdict: Exclude<Verdict, { kind: "allow" }>,
    reason: string,
    lane: Lane,
    posture: Posture,
  ): Promise<Response> {
    const code =
      (await this.#isolate.supportCodes?.codeFor({ verdict: verdict.kind, reason, lane, posture }, Date.now())) ?? null;
    return answer(verdict.kind, code);
  }
  fault(fault: Fault): Promise<Response> {
    return Promise.resolve(
      new Response(`${fault.code}\n`, { status: fault.status, headers: { "Shield-Mitigated": "fault" } }),
    );
  }
}
