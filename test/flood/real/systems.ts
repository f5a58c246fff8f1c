/**
 * Software at work, with the habits that installed software has: no cookies, no redirects, no script, one connection, and in
 * half of the installations three more tries at once, whatever Retry-After says.
 */
import type { Laboratories, Robots, Systems } from "../clinic.ts";
import type { Group, Journal } from "../journal.ts";
import type { Client } from "../places.ts";
import type { Random } from "../random.ts";
import { type Answer, fieldsIn } from "../wire.ts";
import { type Credential, NO_CREDENTIAL } from "./credentials.ts";
import type { Edges } from "./edges.ts";
import { sleep } from "./people.ts";

const RETRIES = 3;
/** RFC 5737 and the like leave no patients: any code of the right shape is one of the demo's. */
const PATIENT = "010190-00001";

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly lines: readonly string[];
  readonly body: string;
}

class Program {
  readonly #client: Client;
  readonly #credential: Credential;
  readonly #edges: Edges;
  protected readonly random: Random;
  protected readonly journal: Journal;
  readonly #group: Group;
  readonly #lane: string;
  readonly #patienceMs: number;
  readonly #retries: number;

  constructor(
    client: Client,
    credential: Credential,
    edges: Edges,
    random: Random,
    journal: Journal,
    habits: { readonly group: Group; readonly lane: string; readonly patienceMs: number; readonly retries: number },
  ) {
    this.#client = client;
    this.#credential = credential;
    this.#edges = edges;
    this.random = random;
    this.journal = journal;
    this.#group = habits.group;
    this.#lane = habits.lane;
    this.#patienceMs = habits.patienceMs;
    this.#retries = habits.retries;
  }

  /** One call with its retries. @returns the body, or null when it failed or the run is over */
  protected async call(call: Call, end: AbortSignal, isWell: (answer: Answer) => boolean): Promise<string | null> {
    const atMs = this.journal.nowMs();
    const seen = { challenged: false, blocked: false, mitigated: false, answeredByOrigin: 0 };
    let answer: Answer | null = null;
    for (let attempt = 0; attempt <= this.#retries; attempt++) {
      const left = this.#patienceMs - (this.journal.nowMs() - atMs);
      if (left <= 0) break;
      answer = await this.#ask(call, left);
      if (end.aborted) return null;
      if (answer?.mitigated === "") seen.answeredByOrigin++;
      else if (answer) seen.mitigated = true;
      seen.challenged ||= answer?.mitigated === "challenge";
      seen.blocked ||= answer?.mitigated === "block";
      if (answer && this.#group === "machines" && isForPeople(answer)) this.journal.htmlOrRedirects++;
      if (answer !== null && answer.status < 429) break;
    }
    const ok = answer !== null && answer.mitigated === "" && answer.status < 400 && isWell(answer);
    const why = ok ? "" : `${call.method} ${call.path}: ${answer ? answer.mitigated || answer.status : "no answer"}`;
    const tookMs = this.journal.nowMs() - atMs;
    this.journal.wishes.push({ group: this.#group, lane: this.#lane, atMs, tookMs, ok, why, ...seen });
    return ok && answer ? answer.body : null;
  }

  /** @returns false as soon as a step gives null */
  protected async task(steps: () => Promise<boolean>, end: AbortSignal): Promise<void> {
    this.journal.noteTask(this.#group, "started");
    const done = await steps();
    const tasks = this.journal.tasks.get(this.#group);
    if (done) this.journal.noteTask(this.#group, "completed");
    else if (end.aborted && tasks) tasks.started--;
  }

  async #ask(call: Call, patienceMs: number): Promise<Answer | null> {
    const edge = this.#edges.edgeFor(this.#client, this.random.fraction());
    const { host, certificate, linesFor } = this.#credential;
    const lines = [
      this.#edges.openingLines(edge, call.method, call.path, host),
      this.#edges.linesAbout(this.#client, edge, certificate),
      ...linesFor(call.method, call.path),
      "Accept-Encoding: identity",
      ...call.lines,
      ...(call.method === "POST" ? [`Content-Length: ${Buffer.byteLength(call.body)}`] : []),
    ];
    return await this.#edges.send(edge, `${lines.join("\r\n")}\r\n\r\n${call.body}`, patienceMs, true);
  }
}

/** Practice or pharmacy software. */
export class SoapSystem extends Program {
  readonly #plan: Systems;
  readonly #userAgent: string;
  readonly #name: string;
  #written = 0;

  constructor(
    name: string,
    client: Client,
    credential: Credential,
    edges: Edges,
    random: Random,
    journal: Journal,
    plan: Systems,
  ) {
    const retries = random.fraction() < plan.impatient ? RETRIES : 0;
    super(client, credential, edges, random, journal, {
      group: "machines",
      lane: plan.lane,
      patienceMs: plan.patienceMs,
      retries,
    });
    this.#plan = plan;
    this.#name = name;
    this.#userAgent = random.pick(plan.userAgents);
  }

  async work(afterMs: number, end: AbortSignal): Promise<void> {
    await sleep(afterMs, end);
    await Promise.all([this.#poll(end), this.#run(end)]);
  }

  async #run(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      await this.task(() => (this.#plan.task === "prescription" ? this.#prescribe(end) : this.#dispense(end)), end);
      await sleep(-Math.log(1 - this.random.fraction()) * this.#plan.taskEveryMs, end);
    }
  }

  async #poll(end: AbortSignal): Promise<void> {
    const { pollEveryMs } = this.#plan;
    await sleep(this.random.between(0, pollEveryMs), end);
    while (!end.aborted) {
      await this.#soap("FindPatient", { code: PATIENT }, "patientId", end);
      await sleep(pollEveryMs, end);
    }
  }

  /** Seven calls, each with an id from the one before. */
  async #prescribe(end: AbortSignal): Promise<boolean> {
    const patientId = await this.#soap("FindPatient", { code: PATIENT }, "patientId", end);
    const listId = patientId && (await this.#soap("ListMedicines", { patientId }, "listId", end));
    const searchId = listId && (await this.#soap("SearchMedicine", { listId, text: "a" }, "searchId", end));
    const again = searchId && (await this.#soap("SearchMedicine", { searchId, text: "e" }, "searchId", end));
    const fields = again && { searchId: again, medicineCode: "ZV-1001" };
    const checkId = fields && (await this.#soap("CheckInteractions", fields, "checkId", end));
    if (!checkId) return false;
    const note = `[${this.#name}-${++this.#written}]`;
    const id = await this.#soap("CreatePrescription", { checkId, dose: "1 tablete", note }, "prescriptionId", end);
    if (id === null) return false;
    this.journal.believedSent.push(note);
    return (await this.#soap("SignPrescription", { prescriptionId: id }, "state", end)) !== null;
  }

  /** Three calls that only read: the demo portal has no dispense of its own. */
  async #dispense(end: AbortSignal): Promise<boolean> {
    const patientId = await this.#soap("FindPatient", { code: PATIENT }, "patientId", end);
    const listId = patientId && (await this.#soap("ListMedicines", { patientId }, "listId", end));
    return Boolean(listId && (await this.#soap("SearchMedicine", { listId, text: "a" }, "searchId", end)));
  }

  async #soap(
    operation: string,
    fields: Readonly<Record<string, string>>,
    wanted: string,
    end: AbortSignal,
  ): Promise<string | null> {
    const inner = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
    const body = await this.call(
      {
        method: "POST",
        path: "/soap/prescription",
        lines: [
          `User-Agent: ${this.#userAgent}`,
          "Accept: text/xml, multipart/related",
          "Content-Type: text/xml; charset=utf-8",
          `SOAPAction: "${operation}"`,
        ],
        body: `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><${operation} xmlns="urn:demo:e-prescription">${inner.join("")}</${operation}></soap:Body></soap:Envelope>`,
      },
      end,
      (answer) => answer.body.includes(`<${wanted}>`),
    );
    return body === null ? null : (new RegExp(`<${wanted}>([^<]*)<`).exec(body)?.[1] ?? null);
  }
}

export class Laboratory extends Program {
  readonly #plan: Laboratories;

  constructor(
    client: Client,
    credential: Credential,
    edges: Edges,
    random: Random,
    journal: Journal,
    plan: Laboratories,
  ) {
    const { patienceMs } = plan;
    super(client, credential, edges, random, journal, {
      group: "machines",
      lane: "laboratories",
      patienceMs,
      retries: 0,
    });
    this.#plan = plan;
  }

  async work(afterMs: number, end: AbortSignal): Promise<void> {
    await sleep(afterMs, end);
    const everyMs = (1000 * this.#plan.count) / this.#plan.requestsPerSecond;
    while (!end.aborted) {
      await sleep(-Math.log(1 - this.random.fraction()) * everyMs, end);
      if (end.aborted) return;
      const text = "0123456789".repeat(Math.ceil((this.#plan.bytes * this.random.lognormal(0.5)) / 10));
      const call = {
        method: "POST",
        path: "/fhir/DiagnosticReport",
        lines: [
          "User-Agent: HAPI-FHIR/6.8.0 (FHIR Client; FHIR 4.0.1/R4; apache)",
          "Accept: application/fhir+json",
          "Content-Type: application/fhir+json",
        ],
        body: JSON.stringify({ resourceType: "DiagnosticReport", status: "final", conclusion: text }),
      } as const;
      await this.task(async () => (await this.call(call, end, ({ status }) => status === 201)) !== null, end);
    }
  }
}

/** Search engines and monitors: shown among the residents, but counted apart. They are no people, and can wait. */
export class Robot extends Program {
  readonly #everyMs: number;

  constructor(client: Client, edges: Edges, random: Random, journal: Journal, plan: Robots) {
    super(client, NO_CREDENTIAL, edges, random, journal, {
      group: "robots",
      lane: "robots",
      patienceMs: 10_000,
      retries: 0,
    });
    this.#everyMs = plan.everyMs;
  }

  async work(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      await sleep(this.#everyMs * this.random.between(0.5, 1.5), end);
      if (end.aborted) return;
      const lines = ["User-Agent: Mozilla/5.0 (compatible; DemoBot/2.1; +https://bot.example/)", "Accept: */*"];
      await this.call({ method: "GET", path: this.random.pick(["/", "/news"]), lines, body: "" }, end, () => true);
    }
  }
}

function isForPeople({ status, head }: Answer): boolean {
  return (status >= 300 && status < 400) || /^text\/html\b/i.test(fieldsIn(head, "content-type")[0] ?? "");
}
