/** People at work with browsers: doctors who write prescriptions, and residents who read. Whole tasks, step after step. */
import { setTimeout as pause } from "node:timers/promises";
import type { Doctors, Residents } from "../clinic.ts";
import { readPostForm } from "../form.ts";
import type { Group, Journal } from "../journal.ts";
import type { Random } from "../random.ts";
import { type Browser, GaveUp, type Page, type Trip } from "./browser.ts";

const FORM = "/app/prescriptions/new";
const LIST = "/app/prescriptions";
const SIGN_IN = "/login/password";
const PASSWORD = "demo";
/** Everything that a careless decoder spoils. */
const NOTE = "2× dienā + pēc ēšanas; 50 % \"lēni\" & 'uzmanīgi' — šķīdums ēģļu ķūka";
const MEDICINES = ["ZV-1001", "ZV-1012", "ZV-1024", "ZV-1037", "ZV-1050"];
/** Log-normal spread of thinking times. */
const THINKING_SIGMA = 0.6;
const TRY_AGAIN_AFTER_MS = 3000;
/** Share of a doctor's tasks that only look somebody up. */
const LOOKING_UP = 0.3;

abstract class Person {
  readonly #browser: Browser;
  protected readonly random: Random;
  protected readonly journal: Journal;
  readonly #group: Group;
  readonly #patienceMs: number;
  readonly #thinkMs: number;
  protected lane = "signing in";

  constructor(
    browser: Browser,
    random: Random,
    journal: Journal,
    group: Group,
    pace: { readonly patienceMs: number; readonly thinkMs: number },
  ) {
    this.#browser = browser;
    this.random = random;
    this.journal = journal;
    this.#group = group;
    this.#patienceMs = pace.patienceMs;
    this.#thinkMs = pace.thinkMs;
  }

  /** One page within the person's patience. @throws {GaveUp} when it did not come, or was not what was asked for */
  protected async step(
    path: string,
    fields: ReadonlyMap<string, string> | null,
    end: AbortSignal,
    isWell: (page: Page) => boolean = () => true,
  ): Promise<Page> {
    const atMs = this.journal.nowMs();
    const trip: Trip = { challenged: false, blocked: false, mitigated: false, answeredByOrigin: 0 };
    let page: Page | null = null;
    let why = "";
    try {
      page = await this.#browser.visit(path, fields, this.#patienceMs, trip);
      if (page.mitigated !== "" || page.status >= 400) why = page.mitigated || String(page.status);
      else if (!isWell(page)) why = `not what was asked for, but ${page.path}`;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    // The end of the run is nobody's failure.
    if (end.aborted) throw new GaveUp("the end");
    const tookMs = this.journal.nowMs() - atMs;
    this.journal.wishes.push({
      group: this.#group,
      lane: this.lane,
      atMs,
      tookMs,
      ok: why === "",
      why: why && `${fields ? "POST" : "GET"} ${path.split("?")[0]}: ${why}`,
      ...trip,
    });
    if (page === null || why !== "") throw new GaveUp(why);
    return page;
  }

  protected async task(end: AbortSignal, steps: () => Promise<void>): Promise<boolean> {
    this.journal.noteTask(this.#group, "started");
    try {
      await steps();
      this.journal.noteTask(this.#group, "completed");
      return true;
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
      // Cut short by the end: neither completed nor failed.
      const tasks = this.journal.tasks.get(this.#group);
      if (end.aborted && tasks) tasks.started--;
      return false;
    }
  }

  protected think(end: AbortSignal): Promise<void> {
    return sleep(this.#thinkMs * this.random.lognormal(THINKING_SIGMA), end);
  }

  /** Signs in by the form, again and again as people do, until she is in or it is over. */
  protected async signIn(user: string, end: AbortSignal): Promise<void> {
    const before = this.lane;
    this.lane = "signing in";
    const steps = async () => {
      const page = await this.step("/login", null, end, (got) => readPostForm(got.text, SIGN_IN) !== null);
      const fields = new Map([
        ...(readPostForm(page.text, SIGN_IN)?.fields ?? []),
        ["user", user],
        ["password", PASSWORD],
      ]);
      await this.step(SIGN_IN, fields, end, (got) => got.path.startsWith(LIST));
    };
    while (!end.aborted && !(await this.task(end, steps))) await sleep(TRY_AGAIN_AFTER_MS, end);
    this.lane = before;
  }
}

export class Doctor extends Person {
  readonly user: string;
  #written = 0;

  constructor(user: string, browser: Browser, random: Random, journal: Journal, plan: Doctors) {
    super(browser, random, journal, "clinicians", plan);
    this.user = user;
    this.lane = plan.lane;
  }

  /** Comes after so many ms, signs in, and works until `end` is aborted. */
  async work(afterMs: number, end: AbortSignal): Promise<void> {
    await sleep(afterMs, end);
    await this.signIn(this.user, end);
    while (!end.aborted) {
      await this.think(end);
      if (end.aborted) return;
      const isLookingUp = this.random.fraction() < LOOKING_UP;
      await this.task(end, () => (isLookingUp ? this.#lookUp(end) : this.#prescribe(end)));
    }
  }

  async #lookUp(end: AbortSignal): Promise<void> {
    await this.step(`/app/patients?code=${patientCode(this.random)}`, null, end);
  }

  async #prescribe(end: AbortSignal): Promise<void> {
    const page = await this.step(FORM, null, end, (got) => readPostForm(got.text, LIST) !== null);
    await this.think(end);
    if (end.aborted) throw new GaveUp("the end");
    const mark = `[${this.user}-${++this.#written}]`;
    const fields = new Map([
      ...(readPostForm(page.text, LIST)?.fields ?? []),
      ["patient", patientCode(this.random)],
      ["medicine", this.random.pick(MEDICINES)],
      ["dose", "1 tablete"],
      ["note", `${NOTE} ${mark}`],
    ]);
    const list = await this.step(LIST, fields, end, (got) => got.path.startsWith(LIST));
    // The portal answers 303, and the browser shows the list: now she believes it.
    this.journal.believedSent.push(mark);
    if (!list.text.includes(mark)) await this.step(LIST, null, end);
  }
}

const PUBLIC_PAGES = ["/", "/news", "/news?page=2", "/contact", "/search?q=receptes"];
const OWN_PAGES = ["/app/prescriptions", "/app/documents"];

export class Resident extends Person {
  readonly #user: string | null;

  constructor(user: string | null, browser: Browser, random: Random, journal: Journal, plan: Residents) {
    super(browser, random, journal, "residents", plan);
    this.#user = user;
    this.lane = "residents";
  }

  /** Comes after so many ms and looks around until `end` is aborted. */
  async visit(afterMs: number, end: AbortSignal): Promise<void> {
    await sleep(afterMs, end);
    await this.task(end, async () => {
      await this.step("/", null, end);
    });
    if (this.#user !== null) await this.signIn(this.#user, end);
    this.lane = "residents";
    while (!end.aborted) {
      await this.think(end);
      if (end.aborted) return;
      const path = this.random.pick(this.#user === null ? PUBLIC_PAGES : [...PUBLIC_PAGES, ...OWN_PAGES, ...OWN_PAGES]);
      await this.task(end, async () => {
        await this.step(path, null, end);
      });
    }
  }
}

export async function sleep(ms: number, end: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal: end }).catch(() => undefined);
}

function patientCode(random: Random): string {
  return `010190-0000${random.integer(0, 9)}`;
}
