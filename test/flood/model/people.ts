/** People and programs of the clinic under the virtual clock: the tasks, pauses and habits of real/people.ts and systems.ts. */
import { type Doctors, type Laboratories, proofOf, type Residents, type Robots, type Systems } from "../clinic.ts";
import type { Group, Journal } from "../journal.ts";
import type { Random } from "../random.ts";
import { NAVIGATION, PORTAL, USER_AGENT } from "../real/browser.ts";
import type { VirtualClock } from "./clock.ts";
import type { Sent } from "./outcomes.ts";
import type { Answer, Visitor } from "./visitor.ts";

const LIST = "/app/prescriptions";
const THINKING_SIGMA = 0.6;
const TRY_AGAIN_AFTER_MS = 3000;
const LOOKING_UP = 0.3;
const RELOAD_AFTER_MS = 2000;
/** Page and script on their way, and the search on a desktop's cores. */
const SOLVED_AFTER_MS = 600;
const RETRIES = 3;

export interface Stage {
  readonly clock: VirtualClock;
  readonly journal: Journal;
  readonly random: Random;
}

abstract class Member {
  protected readonly visitor: Visitor;
  protected readonly stage: Stage;
  readonly #group: Group;
  protected lane: string;

  constructor(visitor: Visitor, stage: Stage, group: Group, lane: string) {
    this.visitor = visitor;
    this.stage = stage;
    this.#group = group;
    this.lane = lane;
  }

  /** Notes one wish. */
  protected async wish(steps: (trip: Trip) => Promise<boolean>): Promise<boolean> {
    const { journal } = this.stage;
    const atMs = journal.nowMs();
    const trip: Trip = { challenged: false, blocked: false, mitigated: false, answeredByOrigin: 0, why: "" };
    const ok = await steps(trip);
    journal.wishes.push({
      group: this.#group,
      lane: this.lane,
      atMs,
      tookMs: journal.nowMs() - atMs,
      ok,
      ...trip,
      why: ok ? "" : trip.why,
    });
    return ok;
  }

  /** Noted at its end: what the end of the run cuts short neither succeeded nor failed. */
  protected async task(steps: () => Promise<boolean>): Promise<boolean> {
    const done = await steps();
    this.stage.journal.noteTask(this.#group, "started");
    if (done) this.stage.journal.noteTask(this.#group, "completed");
    return done;
  }

  protected async ask(sent: Sent, patienceMs: number, trip: Trip): Promise<Answer> {
    const answer = await this.visitor.ask(sent, patienceMs, () => {
      trip.answeredByOrigin++;
    });
    if (answer.mitigated !== "") trip.mitigated = true;
    if (answer.mitigated === "block") trip.blocked = true;
    if (answer.mitigated === "challenge") trip.challenged = true;
    if (!answer.ok) trip.why = `${sent.method} ${sent.path.split("?")[0]}: ${answer.mitigated || "503"}`;
    return answer;
  }
}

interface Trip {
  challenged: boolean;
  blocked: boolean;
  mitigated: boolean;
  answeredByOrigin: number;
  why: string;
}

abstract class Person extends Member {
  readonly #pace: { readonly patienceMs: number; readonly thinkMs: number };
  #isFirst = true;

  constructor(
    visitor: Visitor,
    stage: Stage,
    group: Group,
    lane: string,
    pace: { readonly patienceMs: number; readonly thinkMs: number },
  ) {
    super(visitor, stage, group, lane);
    this.#pace = pace;
  }

  /** A page, or a form handed in and the page that it leads to. */
  protected step(path: string, leadsTo: string | null = null): Promise<boolean> {
    return this.wish(async (trip) => {
      const until = this.stage.clock.now + this.#pace.patienceMs;
      return (
        (await this.#page(path, leadsTo !== null, until, trip)) &&
        (leadsTo === null || this.#page(leadsTo, false, until, trip))
      );
    });
  }

  async #page(path: string, isForm: boolean, until: number, trip: Trip): Promise<boolean> {
    const { clock } = this.stage;
    let hasSolved = false;
    for (;;) {
      const left = until - clock.now;
      if (left <= 0) return false;
      const lines = [
        `User-Agent: ${USER_AGENT}`,
        ...NAVIGATION,
        `Sec-Fetch-Site: ${this.#isFirst ? "none" : "same-origin"}`,
        ...(isForm ? [`Origin: https://${PORTAL}`, "Content-Type: application/x-www-form-urlencoded"] : []),
      ];
      const answer = await this.ask({ method: isForm ? "POST" : "GET", host: PORTAL, path, lines }, left, trip);
      this.#isFirst = false;
      switch (answer.mitigated) {
        case "":
          return answer.ok && clock.now <= until;
        case "challenge":
          if (isForm || hasSolved) return false;
          hasSolved = true;
          await this.visitor.clear(SOLVED_AFTER_MS);
          break;
        case "block":
          return false;
        default:
          if (clock.now + RELOAD_AFTER_MS > until) return false;
          await clock.wait(RELOAD_AFTER_MS);
      }
    }
  }

  protected think(): Promise<void> {
    return this.stage.clock.wait(this.#pace.thinkMs * this.stage.random.lognormal(THINKING_SIGMA));
  }

  protected async signIn(lane: "clinician" | "resident"): Promise<void> {
    const before = this.lane;
    this.lane = "signing in";
    while (!(await this.task(async () => (await this.step("/login")) && (await this.#password(lane)))))
      await this.stage.clock.wait(TRY_AGAIN_AFTER_MS);
    this.lane = before;
  }

  /** The origin vouches with the answer: what it leads to is opened with a pass. */
  #password(lane: "clinician" | "resident"): Promise<boolean> {
    return this.wish(async (trip) => {
      const until = this.stage.clock.now + this.#pace.patienceMs;
      if (!(await this.#page("/login/password", true, until, trip))) return false;
      this.visitor.prove(lane, this.stage.clock.now);
      return this.#page(LIST, false, until, trip);
    });
  }
}

export class ModelDoctor extends Person {
  constructor(visitor: Visitor, stage: Stage, plan: Doctors) {
    super(visitor, stage, "clinicians", plan.lane, plan);
  }

  /** @param isSignedIn before anything happened */
  async work(afterMs: number, isSignedIn: boolean): Promise<void> {
    await this.stage.clock.wait(afterMs);
    if (isSignedIn) this.visitor.prove("clinician", 0);
    else await this.signIn("clinician");
    for (;;) {
      await this.think();
      const isLookingUp = this.stage.random.fraction() < LOOKING_UP;
      await this.task(() => (isLookingUp ? this.step("/app/patients?code=010190-00001") : this.#prescribe()));
    }
  }

  async #prescribe(): Promise<boolean> {
    if (!(await this.step("/app/prescriptions/new"))) return false;
    await this.think();
    return this.step(LIST, LIST);
  }
}

const PUBLIC_PAGES = ["/", "/news", "/news?page=2", "/contact", "/search?q=receptes"];
const OWN_PAGES = ["/app/prescriptions", "/app/documents"];

export class ModelResident extends Person {
  constructor(visitor: Visitor, stage: Stage, plan: Residents) {
    super(visitor, stage, "residents", "residents", plan);
  }

  async visit(afterMs: number, has: "no account" | "an account" | "signed in"): Promise<void> {
    await this.stage.clock.wait(afterMs);
    if (has === "signed in") this.visitor.prove("resident", 0);
    await this.task(() => this.step("/"));
    if (has === "an account") await this.signIn("resident");
    const pages = has === "no account" ? PUBLIC_PAGES : [...PUBLIC_PAGES, ...OWN_PAGES, ...OWN_PAGES];
    for (;;) {
      await this.think();
      await this.task(() => this.step(this.stage.random.pick(pages)));
    }
  }
}

abstract class Program extends Member {
  readonly #patienceMs: number;
  readonly #retries: number;

  constructor(visitor: Visitor, stage: Stage, group: Group, lane: string, patienceMs: number, retries: number) {
    super(visitor, stage, group, lane);
    this.#patienceMs = patienceMs;
    this.#retries = retries;
  }

  protected call(sent: Sent): Promise<boolean> {
    return this.wish(async (trip) => {
      const until = this.stage.clock.now + this.#patienceMs;
      for (let attempt = 0; attempt <= this.#retries && this.stage.clock.now < until; attempt++)
        if ((await this.ask(sent, until - this.stage.clock.now, trip)).ok) return true;
      return false;
    });
  }
}

export class ModelSystem extends Program {
  readonly #plan: Systems;
  readonly #userAgent: string;

  constructor(visitor: Visitor, stage: Stage, plan: Systems, installation: number) {
    const retries = stage.random.fraction() < plan.impatient ? RETRIES : 0;
    super(visitor, stage, "machines", plan.lane, plan.patienceMs, retries);
    this.#plan = plan;
    this.#userAgent = stage.random.pick(plan.userAgents);
    if (proofOf(plan.proofs, installation) !== "none") visitor.prove("machine", 0);
  }

  async work(afterMs: number): Promise<void> {
    await this.stage.clock.wait(afterMs);
    await Promise.all([this.#poll(), this.#run()]);
  }

  async #run(): Promise<void> {
    const { task, taskEveryMs } = this.#plan;
    for (;;) {
      await this.task(async () => {
        for (const operation of CALLS[task]) if (!(await this.#soap(operation))) return false;
        return true;
      });
      await this.stage.clock.wait(-Math.log(1 - this.stage.random.fraction()) * taskEveryMs);
    }
  }

  async #poll(): Promise<void> {
    const { pollEveryMs } = this.#plan;
    await this.stage.clock.wait(this.stage.random.between(0, pollEveryMs));
    for (;;) {
      await this.#soap("FindPatient");
      await this.stage.clock.wait(pollEveryMs);
    }
  }

  #soap(operation: string): Promise<boolean> {
    const lines = [
      `User-Agent: ${this.#userAgent}`,
      "Accept: text/xml, multipart/related",
      "Content-Type: text/xml; charset=utf-8",
      `SOAPAction: "${operation}"`,
    ];
    return this.call({ method: "POST", host: PORTAL, path: "/soap/prescription", lines });
  }
}

const READING = ["FindPatient", "ListMedicines", "SearchMedicine"];
const CALLS: Readonly<Record<Systems["task"], readonly string[]>> = {
  prescription: [...READING, "SearchMedicine", "CheckInteractions", "CreatePrescription", "SignPrescription"],
  dispense: READING,
};

export class ModelLaboratory extends Program {
  readonly #everyMs: number;

  constructor(visitor: Visitor, stage: Stage, plan: Laboratories, installation: number) {
    super(visitor, stage, "machines", "laboratories", plan.patienceMs, 0);
    this.#everyMs = (1000 * plan.count) / plan.requestsPerSecond;
    if (proofOf(plan.proofs, installation) !== "none") visitor.prove("machine", 0);
  }

  async work(afterMs: number): Promise<void> {
    await this.stage.clock.wait(afterMs);
    for (;;) {
      await this.stage.clock.wait(-Math.log(1 - this.stage.random.fraction()) * this.#everyMs);
      const lines = [
        "User-Agent: HAPI-FHIR/6.8.0 (FHIR Client; FHIR 4.0.1/R4; apache)",
        "Accept: application/fhir+json",
        "Content-Type: application/fhir+json",
      ];
      await this.task(() => this.call({ method: "POST", host: PORTAL, path: "/fhir/DiagnosticReport", lines }));
    }
  }
}

export class ModelRobot extends Program {
  readonly #everyMs: number;

  constructor(visitor: Visitor, stage: Stage, plan: Robots) {
    super(visitor, stage, "robots", "robots", 10_000, 0);
    this.#everyMs = plan.everyMs;
  }

  async work(): Promise<void> {
    const lines = ["User-Agent: Mozilla/5.0 (compatible; DemoBot/2.1; +https://bot.example/)", "Accept: */*"];
    for (;;) {
      await this.stage.clock.wait(this.#everyMs * this.stage.random.between(0.5, 1.5));
      await this.call({ method: "GET", host: PORTAL, path: this.stage.random.pick(["/", "/news"]), lines });
    }
  }
}
