/**
 * Doctors at work. Those on duty signed in before anything happened; those who arrive sign in by the form while the flood
 * runs. Each then writes prescriptions, one whole task after the other: open the form, type, send it, see it in the list.
 */
import { setTimeout as pause } from "node:timers/promises";
import { readPostForm } from "./form.ts";
import type { Random } from "./random.ts";
import { addressOf, type Cast, type Doctors } from "./scenario.ts";
import type { DoctorTally, Prescription, Step } from "./tally.ts";
import { type Page, Visitor } from "./visitor.ts";

const FORM = "/app/prescriptions/new";
const LIST = "/app/prescriptions";
const PASSWORD = "demo";
/** Everything that a careless decoder spoils. */
const NOTE = "2× dienā + pēc ēšanas; 50 % \"lēni\" & 'uzmanīgi' — šķīdums ēģļu ķūka";
const MEDICINES = ["ZV-1001", "ZV-1012", "ZV-1024", "ZV-1037", "ZV-1050"];
const LAST_NAMES = ["ozola", "berzins", "kalnina", "liepins", "egle", "krumina", "priede", "balodis"];

/** She gave up on this: the task is over, the doctor is not. */
class GaveUp extends Error {}

export class Doctor {
  readonly user: string;
  readonly #visitor: Visitor;
  readonly #plan: Doctors;
  readonly #random: Random;
  readonly #tally: DoctorTally;
  #written = 0;

  constructor(user: string, visitor: Visitor, plan: Doctors, random: Random, tally: DoctorTally) {
    this.user = user;
    this.#visitor = visitor;
    this.#plan = plan;
    this.#random = random;
    this.#tally = tally;
  }

  /** @returns whether she is in; an `end` in the middle counts as not */
  async signIn(end: AbortSignal): Promise<boolean> {
    this.#tally.signInsWanted++;
    try {
      const page = await this.#step(
        "sign-in page",
        end,
        (deadline) => this.#visitor.open("/login", deadline),
        hasForm("/login/password"),
      );
      const form = readPostForm(page.text, "/login/password");
      const fields = new Map([...(form?.fields ?? []), ["user", this.user], ["password", PASSWORD]]);
      await this.#step(
        "sign-in",
        end,
        (deadline) => this.#visitor.submit("/login/password", fields, deadline),
        isAt(LIST),
      );
      this.#tally.signedIn++;
      return true;
    } catch (error) {
      if (error instanceof GaveUp) return false;
      throw error;
    }
  }

  /** Writes prescriptions until `end` is aborted. */
  async work(end: AbortSignal): Promise<void> {
    // Not all at the same moment: people are not a choir.
    await this.#think(end, [0, this.#plan.thinkMs[1]]);
    while (!end.aborted) {
      this.#tally.tasksStarted++;
      try {
        await this.#prescribe(end);
        this.#tally.tasksCompleted++;
      } catch (error) {
        if (!(error instanceof GaveUp)) throw error;
        if (end.aborted) this.#tally.tasksCutShort++;
      }
      await this.#think(end, this.#plan.thinkMs);
    }
  }

  leave(): void {
    this.#visitor.close();
  }

  async #prescribe(end: AbortSignal): Promise<void> {
    const page = await this.#step("form", end, (deadline) => this.#visitor.open(FORM, deadline), hasForm(LIST));
    await this.#think(end, this.#plan.thinkMs);
    if (end.aborted) throw new GaveUp();
    const prescription: Prescription = { mark: `${this.user}-${++this.#written}`, confirmed: false };
    const fields = new Map([
      ...(readPostForm(page.text, LIST)?.fields ?? []),
      ["patient", `010190-0000${this.#random.integer(0, 9)}`],
      ["medicine", this.#random.pick(MEDICINES)],
      ["dose", "1 tablete"],
      ["note", `${NOTE} [${prescription.mark}]`],
    ]);
    this.#tally.prescriptions.push(prescription);
    await this.#step(
      "sending",
      end,
      (deadline) => this.#visitor.submit(LIST, fields, deadline),
      (answer) => answer.status < 400,
    );
    const shows = (list: Page) => list.text.includes(`[${prescription.mark}]`);
    await this.#step("list", end, (deadline) => this.#visitor.open(LIST, deadline), shows);
    prescription.confirmed = true;
  }

  /** One page within her patience. @throws {GaveUp} when it did not come, or was not what she asked for */
  async #step(
    name: string,
    end: AbortSignal,
    ask: (deadline: AbortSignal) => Promise<Page>,
    isWell: (page: Page) => boolean,
  ): Promise<Page> {
    const startedAt = performance.now();
    const note = (step: Omit<Step, "name" | "tookMs">) =>
      this.#tally.steps.push({ name, tookMs: performance.now() - startedAt, ...step });
    let page: Page;
    try {
      page = await ask(AbortSignal.any([end, AbortSignal.timeout(this.#plan.patienceMs)]));
    } catch (error) {
      // The end of the run is nobody's failure.
      if (!end.aborted) note({ ok: false, why: whyNot(error), challenged: false });
      throw new GaveUp();
    }
    const ok = page.mitigated === "" && page.status < 400 && isWell(page);
    note({ ok, why: ok ? "" : page.mitigated || String(page.status), challenged: page.challenged });
    if (!ok) throw new GaveUp();
    return page;
  }

  async #think(end: AbortSignal, [from, to]: readonly [number, number]): Promise<void> {
    await pause(this.#random.between(from, to), undefined, { signal: end }).catch(() => undefined);
  }
}

/** The doctors of a cast, each with a browser, an address and chances of her own. */
export function castDoctors(
  base: URL,
  cast: Cast,
  plan: Doctors,
  prefix: string,
  random: Random,
  tally: DoctorTally,
): Doctor[] {
  return Array.from({ length: cast.count }, (_, n) => {
    const user = `dr.${LAST_NAMES[n % LAST_NAMES.length]}-${prefix}${n + 1}`;
    return new Doctor(user, new Visitor(base, addressOf(cast, n)), plan, random.fork(), tally);
  });
}

function hasForm(path: string): (page: Page) => boolean {
  return (page) => readPostForm(page.text, path) !== null;
}

function isAt(path: string): (page: Page) => boolean {
  return (page) => page.path.startsWith(path);
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "AbortError" || error.name === "TimeoutError" ? "no answer" : error.message;
}
