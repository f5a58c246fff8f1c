/**
 * A person's browser, as far as HTTP shows one: headers with Fetch Metadata, cookies, redirects, and the parts of a page, each
 * once. Meets a challenge by solving it, and the shield's waiting answers by looking again, until her patience ends.
 */
import { setTimeout as pause } from "node:timers/promises";
import { earnClearance } from "../../../src/challenge/browser/earn.ts";
import type { Client } from "../places.ts";
import type { Random } from "../random.ts";
import { type Answer, fieldsIn } from "../wire.ts";
import { cookieLines, keepCookies } from "./cookies.ts";
import type { Edges } from "./edges.ts";
import type { Solving } from "./solving.ts";

export const PORTAL = "portal.example.lv";
const REDIRECTS_MAX = 6;
const PART_PATIENCE_MS = 2000;
/** How long somebody looks at "please wait" before she presses reload, ms. */
const RELOAD_AFTER_MS = 2000;
export const USER_AGENT =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";

export interface Page {
  readonly path: string;
  readonly status: number;
  readonly text: string;
  /** Value of Shield-Mitigated; "" when the origin answered. */
  readonly mitigated: string;
}

/** What happened on the way to a page. */
export interface Trip {
  challenged: boolean;
  blocked: boolean;
  mitigated: boolean;
  answeredByOrigin: number;
}

export class GaveUp extends Error {}

export class Browser {
  readonly client: Client;
  readonly #edges: Edges;
  readonly #random: Random;
  readonly #solving: Solving;
  readonly #cookies = new Map<string, string>();
  #referer = "";
  /** Parts of pages that it has, or has asked for. */
  readonly #parts = new Set<string>();
  #loading: Promise<unknown> = Promise.resolve();

  constructor(client: Client, edges: Edges, random: Random, solving: Solving) {
    this.client = client;
    this.#edges = edges;
    this.#random = random;
    this.#solving = solving;
  }

  /** @param fields of a form that is handed in; null to open a page. @throws {GaveUp} when it did not come in time */
  async visit(path: string, fields: ReadonlyMap<string, string> | null, patienceMs: number, trip: Trip): Promise<Page> {
    await this.#loading;
    const until = performance.now() + patienceMs;
    let body = fields && new URLSearchParams([...fields]).toString();
    for (let hops = 0; hops < REDIRECTS_MAX; ) {
      const answer = await this.#ask(path, body, NAVIGATION, until - performance.now());
      if (answer === null) throw new GaveUp("no answer");
      const { status, mitigated } = answer;
      if (mitigated === "") trip.answeredByOrigin++;
      else trip.mitigated = true;
      if (mitigated === "block") trip.blocked = true;
      if (mitigated === "challenge" && body === null && !trip.challenged) {
        trip.challenged = true;
        if (await this.#solve(until)) continue;
      } else if (mitigated === "challenge") trip.challenged = true;
      if (mitigated === "wait" || mitigated === "limit" || mitigated === "closed") {
        if (performance.now() + RELOAD_AFTER_MS > until) throw new GaveUp(mitigated);
        await pause(RELOAD_AFTER_MS);
        continue;
      }
      const [location] = fieldsIn(answer.head, "location");
      if (location === undefined || status < 300 || status >= 400) {
        this.#referer = `https://${PORTAL}${path}`;
        if (mitigated === "") this.#loading = this.#load(answer.body);
        return { path, status, text: answer.body, mitigated };
      }
      const next = new URL(location, `https://${PORTAL}${path}`);
      path = next.pathname + next.search;
      if (status !== 307 && status !== 308) body = null;
      hops++;
    }
    throw new GaveUp("redirected in a circle");
  }

  /** Asks for what the page is made of. Whether it comes is nobody's wish: the page is there. */
  async #load(page: string): Promise<void> {
    const wanted = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].flatMap(([, path = ""]) =>
      this.#parts.has(path) ? [] : [path],
    );
    for (const path of wanted) this.#parts.add(path);
    await Promise.all(wanted.map((path) => this.#ask(path, null, PART, PART_PATIENCE_MS)));
  }

  #solve(until: number): Promise<boolean> {
    return earnClearance({
      post: async (path, body) => {
        const answer = await this.#ask(path, body, SCRIPT, until - performance.now());
        if (answer === null) return { status: 0, retryAfterS: 0, body: null };
        const retryAfterS = Number(fieldsIn(answer.head, "retry-after")[0]) || 0;
        return {
          status: answer.status,
          retryAfterS,
          body: answer.status === 200 ? (JSON.parse(answer.body) as unknown) : null,
        };
      },
      solve: (tasks) => this.#solving.solve(tasks),
      wait: (ms) => pause(ms),
    });
  }

  async #ask(
    path: string,
    body: string | null,
    how: typeof NAVIGATION | typeof SCRIPT | typeof PART,
    patienceMs: number,
  ): Promise<Answer | null> {
    if (patienceMs <= 0) return null;
    const edge = this.#edges.edgeFor(this.client, this.#random.fraction());
    const lines = [
      this.#edges.openingLines(edge, body === null ? "GET" : "POST", path, PORTAL),
      this.#edges.linesAbout(this.client, edge),
      `User-Agent: ${USER_AGENT}`,
      "Accept-Language: lv,en;q=0.8",
      "Accept-Encoding: identity",
      ...how,
      `Sec-Fetch-Site: ${this.#referer === "" ? "none" : "same-origin"}`,
      ...cookieLines(this.#cookies),
      ...(this.#referer === "" ? [] : [`Referer: ${this.#referer}`]),
      ...(body === null
        ? []
        : [
            `Origin: https://${PORTAL}`,
            `Content-Type: ${how === SCRIPT ? "application/json" : "application/x-www-form-urlencoded"}`,
            `Content-Length: ${Buffer.byteLength(body)}`,
          ]),
    ];
    // A challenge page is where its script runs: what it sends is never a first visit.
    const text = lines
      .join("\r\n")
      .replace(how === SCRIPT ? "Sec-Fetch-Site: none" : "\0", "Sec-Fetch-Site: same-origin");
    const answer = await this.#edges.send(edge, `${text}\r\n\r\n${body ?? ""}`, patienceMs, true);
    if (answer) keepCookies(this.#cookies, answer.head);
    return answer;
  }
}

export const NAVIGATION = [
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-User: ?1",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
] as const;
const PART = ["Accept: */*", "Sec-Fetch-Dest: style", "Sec-Fetch-Mode: no-cors"] as const;
const SCRIPT = ["Accept: */*", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors"] as const;
