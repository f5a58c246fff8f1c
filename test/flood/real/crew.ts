/**
 * A crew at work: sends what its plan says when it is due, reads the answers, and does what its habits are: keep cookies,
 * solve what it is asked to solve, change its tactic when the portal answers it too rarely. Offered load is open: a slow
 * answer does not slow the flood down, until every connection of a source is waiting.
 */
import { setTimeout as pause } from "node:timers/promises";
import { earnClearance } from "../../../src/challenge/browser/earn.ts";
import { type CrewPlan, type PlannedRequest, type Source, TICK_MS } from "../crew-plan.ts";
import { readPostForm } from "../form.ts";
import type { Journal } from "../journal.ts";
import type { BudgetWatch } from "../over-admission.ts";
import type { Client } from "../places.ts";
import type { Answer } from "../wire.ts";
import { fieldsIn } from "../wire.ts";
import { cookieLines, keepCookies } from "./cookies.ts";
import type { Edges } from "./edges.ts";
import type { Schedule } from "./schedule.ts";
import type { Solving } from "./solving.ts";

const PORTAL = "portal.example.lv";
const SIGN_IN = "/login/password";
/** Where the portal leads whoever has signed in. */
const HOME = "/app/";
const SIGN_IN_TRIES = 4;
const SIGN_IN_AGAIN_MS = 1000;
const SOLVING_PATIENCE_MS = 10_000;

export class CrewAtWork {
  readonly #plan: CrewPlan;
  readonly #edges: Edges;
  readonly #journal: Journal;
  readonly #solving: Solving | null;
  readonly #budgets: BudgetWatch;
  readonly #underWay = new Set<Promise<void>>();
  #tactic = 0;
  /** Since the tactic was last thought over. */
  #settled = 0;
  #answered = 0;
  #replay = "{}";

  constructor(plan: CrewPlan, edges: Edges, journal: Journal, budgets: BudgetWatch, solving: Solving | null) {
    this.#budgets = budgets;
    this.#plan = plan;
    this.#edges = edges;
    this.#journal = journal;
    this.#solving = solving;
  }

  /** Whether it sends a good proof again. */
  get #replays(): boolean {
    return this.#plan.crew.tactics.some(({ mix }) => mix.some(({ body }) => body?.includes("$replay")));
  }

  /** Before the attack: whoever has credentials gets himself a session, whoever replays proofs a good one. */
  async prepare(): Promise<void> {
    const { signsInAs } = this.#plan.crew;
    if (signsInAs !== undefined) for (const source of this.#plan.sources) await this.#signIn(source, signsInAs);
    const [first] = this.#plan.sources;
    // The bare portal has no proof to give: then an empty one is sent again.
    if (this.#replays && first && this.#solving && (await this.#earn(first, first.client, 0.5, this.#solving)))
      this.#journal.clearancesBought++;
  }

  /** Attacks until `end` is aborted. Every request sent has its outcome in the journal when this resolves. */
  async attack(end: AbortSignal, schedule: Schedule): Promise<void> {
    const { adapts } = this.#plan.crew;
    const thinkEvery = adapts ? (adapts.everyS * 1000) / TICK_MS : Number.POSITIVE_INFINITY;
    for (let tick = 0; !end.aborted; tick++) {
      await schedule.until(tick * TICK_MS);
      if (tick > 0 && tick % thinkEvery === 0) this.#thinkAgain();
      for (const request of this.#plan.dueIn(tick, this.#tactic)) this.#fire(request, end);
    }
    await Promise.race([Promise.all(this.#underWay), pause(1000)]);
  }

  #thinkAgain(): void {
    const { adapts } = this.#plan.crew;
    if (adapts && this.#settled > 0 && this.#answered / this.#settled < adapts.below) this.#tactic++;
    this.#settled = 0;
    this.#answered = 0;
  }

  #fire(request: PlannedRequest, end: AbortSignal): void {
    if (request.source.busy >= this.#plan.crew.connectionsPerSource) {
      // Slow uploads are meant to stay open: there the limit is the plan.
      if (this.#plan.crew.trickleEveryMs === undefined) this.#journal.heldBack++;
      return;
    }
    const sending = this.#send(request, end).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #send(request: PlannedRequest, end: AbortSignal): Promise<void> {
    const { crew } = this.#plan;
    const { source, client } = request;
    source.busy++;
    const edge = this.#edges.edgeFor(client, request.chance);
    const text = this.#write(request, edge);
    const sentIn = this.#journal.noteSent();
    this.#budgets.ask(source, crew, this.#journal.nowMs());
    const answer =
      crew.trickleEveryMs === undefined
        ? await this.#edges.send(edge, text, crew.patienceMs)
        : await this.#edges.trickle(edge, text, crew.trickleEveryMs, end);
    source.busy--;
    // The shield's own paths are no part of the origin, whatever they answer.
    const ownPath = request.path.startsWith("/.shield/");
    const outcome = answer && (answer.mitigated || (ownPath ? "own path" : ""));
    this.#journal.noteOutcome(sentIn, outcome);
    this.#settled++;
    if (outcome === "") {
      this.#answered++;
      this.#budgets.admit(source, crew);
    }
    if (answer === null) return;
    if (crew.keepsCookies) keepCookies(source.cookies, answer.head);
    if (answer.mitigated === "challenge" && crew.solves !== "never") this.#solve(source, client, request.chance);
  }

  #write(request: PlannedRequest, edge: number): string {
    const { crew } = this.#plan;
    const body = request.body.replaceAll("$replay", this.#replay);
    const hasLength = request.lines.some((line) => line.startsWith("Content-Length:"));
    const lines = [
      this.#edges.openingLines(edge, request.method, request.path, crew.host ?? PORTAL),
      this.#edges.linesAbout(request.client, edge),
      ...request.lines,
      ...(crew.keepsCookies ? cookieLines(request.source.cookies) : []),
      ...(request.method === "POST" && !hasLength ? [`Content-Length: ${Buffer.byteLength(body, "latin1")}`] : []),
    ];
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  }

  /** Buys a clearance, one at a time for a source. What this sends is not counted as flood. */
  #solve(source: Source, client: Client, chance: number): void {
    const thread = this.#solving;
    if (thread === null || source.isSolving || thread.isFull) return;
    source.isSolving = true;
    this.#earn(source, client, chance, thread)
      .then((earned) => {
        if (earned) this.#journal.clearancesBought++;
      })
      .catch(() => undefined)
      .finally(() => {
        source.isSolving = false;
      });
  }

  #earn(source: Source, client: Client, chance: number, thread: Solving): Promise<boolean> {
    return earnClearance({
      post: async (path, body) => {
        const answer = await this.#post(source, client, chance, path, body);
        if (answer === null) return { status: 0, retryAfterS: 0, body: null };
        if (path.endsWith("/redeem") && answer.status === 204) this.#replay = body;
        const retryAfterS = Number(fieldsIn(answer.head, "retry-after")[0]) || 0;
        return { status: answer.status, retryAfterS, body: answer.status === 200 ? parse(answer.body) : null };
      },
      solve: (tasks) => thread.solve(tasks),
      wait: (ms) => pause(ms),
    });
  }

  async #post(source: Source, client: Client, chance: number, path: string, body: string): Promise<Answer | null> {
    const host = this.#plan.crew.host ?? PORTAL;
    const edge = this.#edges.edgeFor(client, chance);
    const lines = [
      this.#edges.openingLines(edge, "POST", path, host),
      this.#edges.linesAbout(client, edge),
      ...(this.#plan.crew.tactics[0].userAgents[0] ? [`User-Agent: ${this.#plan.crew.tactics[0].userAgents[0]}`] : []),
      "Accept: */*",
      "Content-Type: application/json",
      `Origin: https://${host}`,
      "Sec-Fetch-Site: same-origin",
      "Sec-Fetch-Mode: cors",
      "Sec-Fetch-Dest: empty",
      ...cookieLines(source.cookies),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const answer = await this.#edges.send(edge, `${lines.join("\r\n")}\r\n\r\n${body}`, SOLVING_PATIENCE_MS, true);
    if (answer) keepCookies(source.cookies, answer.head);
    return answer;
  }

  async #signIn(source: Source, user: string): Promise<void> {
    const ask = async (method: string, path: string, body: string) => {
      const edge = this.#edges.edgeFor(source.client, 0.5);
      const lines = [
        this.#edges.openingLines(edge, method, path, PORTAL),
        this.#edges.linesAbout(source.client, edge),
        ...this.#plan.crew.tactics[0].headers,
        ...cookieLines(source.cookies),
        ...(body === ""
          ? []
          : ["Content-Type: application/x-www-form-urlencoded", `Content-Length: ${Buffer.byteLength(body)}`]),
      ];
      const answer = await this.#edges.send(edge, `${lines.join("\r\n")}\r\n\r\n${body}`, SOLVING_PATIENCE_MS, true);
      if (answer) keepCookies(source.cookies, answer.head);
      return answer;
    };
    // Others sign in at the same time, and who is told to wait tries again.
    for (let tries = 0; tries < SIGN_IN_TRIES; tries++) {
      const page = await ask("GET", "/login", "");
      const form = readPostForm(page?.body ?? "", SIGN_IN);
      const fields = new Map([...(form?.fields ?? []), ["user", user], ["password", "demo"]]);
      const answer = form && (await ask("POST", SIGN_IN, new URLSearchParams([...fields]).toString()));
      if (answer && fieldsIn(answer.head, "location")[0]?.includes(HOME)) return;
      await pause(SIGN_IN_AGAIN_MS);
    }
    throw new Error(`${user} could not sign in while it was calm`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
