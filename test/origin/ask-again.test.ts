/** What becomes of a request that the origin refused: a doctor's page is asked for once more, into room that there is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Desk } from "../../src/desk.ts";
import type { Lane } from "../../src/identity/identity.ts";
import { type Asking, admit } from "../../src/origin/admit.ts";
import { AGAIN_AFTER_MS, askAndAgain, FAILED_WITHIN_MS } from "../../src/origin/ask-again.ts";
import type { OriginAnswer } from "../../src/origin/origin-answer.ts";
import { compile } from "../../src/policy/compile.ts";
import { CLASS_OF_SERVICE } from "../../src/policy/tables.ts";
import rules from "../../src/rules.ts";
import { SYSTEMS_HOST, tlsClientAuth } from "../lab/credentials.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import { type RecordingOrigin, startRecordingOrigin } from "../lab/recording-origin.ts";
import * as visitors from "../lab/visitors.ts";

const NOW = 1_800_000_000_000;
const [portal] = compile(rules).sites;
const anyRoute = portal?.routes.at(-1);
if (!portal || !anyRoute) throw new Error("the rules have no site");
const site = portal;
const route = { ...anyRoute, importance: "high", cost: 2 } as const;
const PLENTY = [100, 100, 100, 100];

interface Case {
  readonly lane?: Lane;
  readonly method?: string;
  readonly hasBody?: boolean;
  readonly leased?: readonly number[];
  readonly tookMs?: number;
  /** What the origin answers, one after the other: a status, or that it was not reached. */
  readonly answers: readonly (number | "unreachable")[];
}

/** Waiting takes no time, it only moves the clock. */
class Bench {
  now = NOW;
  readonly desk = new Desk(site, () => this.now);

  async ask({ lane = "clinician", method = "GET", hasBody = false, leased = PLENTY, tookMs = 10, answers }: Case) {
    this.desk.admission.lease({ number: 1, perSecond: leased, forMs: 600_000 }, this.now);
    const principal = lane === "unknown" || lane === "cleared" ? null : "somebody";
    const asking: Asking = {
      ...{ lane, principal, hasHadMuch: false, mayWaitToSignIn: () => false },
      ...{ request: `${method} /app/patients`, gone: new AbortController().signal },
      decision: { serviceClass: CLASS_OF_SERVICE[lane].high, route },
    };
    let asked = 0;
    const ask = async (): Promise<OriginAnswer> => {
      this.now += tookMs;
      const answer = answers[asked++] ?? 200;
      const failed = answer !== 200;
      this.desk.noteForwarded(failed, this.now - tookMs, this.now);
      if (failed && principal !== null) this.desk.retries.noteFailed(principal, asking.request, this.now);
      return answer === "unreachable"
        ? { kind: "fault", fault: { status: 502, code: "origin-unreachable" } }
        : { kind: "response", response: new Response(`answer ${asked}`, { status: answer }) };
    };
    const wait = async (ms: number): Promise<void> => {
      this.now += ms;
    };
    await admit(this.desk, asking, wait, () => this.now);
    const from = this.now;
    const attempt = { desk: this.desk, facts: { method, hasBody }, who: asking, asking: () => asking, ask };
    const answer = await askAndAgain(attempt, wait, () => this.now);
    const status = answer.kind === "response" ? answer.response.status : answer.kind;
    return { status, asked, tookMs: this.now - from };
  }
}

describe("a proven client's request that the origin refused", () => {
  it.each([503, 502, "unreachable"] as const)("%s: is asked for once more when the brakes hold", async (refused) => {
    for (const lane of ["clinician", "machine"] as const)
      expect(await new Bench().ask({ lane, answers: [refused, 200] })).toEqual({
        ...{ status: 200, asked: 2, tookMs: AGAIN_AFTER_MS + 20 },
      });
  });

  it("is told as it is when it is refused again", async () => {
    expect(await new Bench().ask({ answers: [503, 503, 200] })).toMatchObject({ status: 503, asked: 2 });
  });

  it("keeps its first answer, unread, where there is no room", async () => {
    expect(await new Bench().ask({ leased: [0, 0, 0, 0], answers: [503] })).toMatchObject({ status: 503, asked: 1 });
  });

  it("takes its room like any other, so leases bound what the origin gets", async () => {
    const bench = new Bench();
    await bench.ask({ answers: [503, 200] });
    const { wanted, sent } = bench.desk.summarize(bench.now);
    expect([wanted[1], sent?.[1]]).toEqual([route.cost, route.cost]); // the first try was noted before it came here
  });
});

describe("nothing is asked for again", () => {
  it.each([
    ["that may have changed something", { method: "POST", hasBody: true, answers: [503] }],
    ["that is a faulty page", { answers: [500] }],
    ["that is not there", { answers: [404] }],
    ["that took too long to fail", { tookMs: FAILED_WITHIN_MS + 1, answers: [503] }],
    ["for residents, who make room", { lane: "resident", answers: [503] }],
    ["for strangers", { lane: "unknown", answers: [503] }],
  ] as const)("%s", async (_, each) => {
    expect(await new Bench().ask(each)).toMatchObject({ status: each.answers[0], asked: 1 });
  });

  it("more often than a principal may retry: of an origin that is gone less than a fifth more is asked", async () => {
    const bench = new Bench();
    let asked = 0;
    for (let i = 0; i < 100; i++) asked += (await bench.ask({ answers: [503, 503] })).asked;
    expect(asked).toBeGreaterThan(100);
    expect(asked).toBeLessThan(120);
  });
});

describe("through the bundle", () => {
  let origin: RecordingOrigin;
  let lab: Lab;
  beforeAll(async () => {
    origin = await startRecordingOrigin();
    lab = await startEdges({ origin: origin.url });
  });
  afterAll(async () => {
    await lab.stop();
    await origin.stop();
  });

  /** An origin that refuses the first time, and then serves. */
  async function askTwice(path: string, asked: visitors.Asked) {
    let count = 0;
    origin.on(path, (_, response) => {
      response.statusCode = count++ === 0 ? 503 : 200;
      response.end(`answer ${count}`);
    });
    const [edge] = lab.shieldUrls;
    if (!edge) throw new Error("no edge");
    const { status, body } = await visitors.ask(edge, path, asked);
    return { status, body, count };
  }
  const system = {
    Host: SYSTEMS_HOST,
    "MF-CF-Blob": JSON.stringify({ tlsClientAuth: tlsClientAuth({ serial: "0A1B" }) }),
    Accept: "application/json",
  };

  it("a proven client hears the second answer to what she only looks at, and the first to what she sends", async () => {
    expect(await askTwice("/fhir/Patient/1", { headers: system })).toEqual({ status: 200, body: "answer 2", count: 2 });
    expect(await askTwice("/fhir/Patient", { method: "POST", headers: system, body: "{}" })).toEqual({
      ...{ status: 503, body: "answer 1", count: 1 },
    });
  });

  it("a stranger hears the first", async () => {
    expect(await askTwice("/news", { headers: visitors.NAVIGATION })).toMatchObject({ status: 503, count: 1 });
  });
});
