/** What a doctor does in a real browser, step by step, each within her patience. */
import { setTimeout as pause } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";

/** A doctor gives up on a page that takes longer, ms. */
const PATIENCE_MS = 10_000;
/** What a page fetches by itself while she types: it may be shed without her noticing. */
const UNNOTICED = "/api/autocomplete";
const SEND_AGAIN = "#shield-resend-by-hand button";
/** How often she looks whether something came back, ms. */
const LOOK_EVERY_MS = 2000;

export interface Prescription {
  readonly patient: string;
  readonly medicine: string;
  readonly dose: string;
  readonly note: string;
}

/** A browser of hers, which keeps count of the shield's own answers. */
export class Desk {
  readonly page: Page;
  /** Values of Shield-Mitigated on whatever she asked for, in order: pages, what they are made of, what they hand in. */
  readonly mitigated: string[] = [];
  readonly #base: URL;

  private constructor(page: Page, base: URL, patienceMs: number) {
    this.page = page;
    this.#base = base;
    page.setDefaultTimeout(patienceMs);
    page.setDefaultNavigationTimeout(patienceMs);
    page.on("response", (response) => {
      const kind = response.headers()["shield-mitigated"];
      if (kind !== undefined && new URL(response.url()).pathname !== UNNOTICED) this.mitigated.push(kind);
    });
  }

  static async open(context: BrowserContext, base: URL, patienceMs = PATIENCE_MS): Promise<Desk> {
    return new Desk(await context.newPage(), base, patienceMs);
  }

  async signIn(user: string): Promise<void> {
    await this.goto("/login");
    await this.page.fill("input[name=user]", user);
    await this.page.fill("input[name=password]", "demo");
    await this.#press('form[action$="/login/password"] button');
    await this.#isAt("/app/prescriptions");
  }

  /** Returns once her prescription stands in the list. */
  async prescribe(prescription: Prescription): Promise<void> {
    await this.write(prescription);
    await this.send(prescription);
  }

  /** Opens the form and fills it in. */
  async write({ patient, medicine, dose, note }: Prescription): Promise<void> {
    await this.goto("/app/prescriptions/new");
    await this.page.fill("input[name=patient]", patient);
    await this.page.fill("input[name=medicine]", medicine);
    await this.page.fill("input[name=dose]", dose);
    await this.page.fill("textarea[name=note]", note);
  }

  /** Sends the form and returns once the prescription stands in the list. */
  async send({ note }: Prescription): Promise<void> {
    await this.#press('form[action$="/app/prescriptions"] button');
    await this.#isAt("/app/prescriptions");
    await this.page.getByRole("cell", { name: note, exact: true }).first().waitFor();
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.#base).href, { waitUntil: "domcontentloaded" });
  }

  async #press(button: string): Promise<void> {
    await this.page.click(button, { noWaitAfter: true });
  }

  /** What she sent may come back, as there was no room: then she presses "send again", without haste, until it is taken. */
  async #isAt(path: string): Promise<void> {
    const arriving = this.page
      .waitForURL((url) => url.pathname === path, { waitUntil: "domcontentloaded" })
      .then(() => true);
    while (!(await Promise.race([arriving, pause(LOOK_EVERY_MS, false)]))) {
      const sendAgain = this.page.locator(SEND_AGAIN);
      if (this.mitigated.at(-1) === "wait" && (await sendAgain.isVisible()))
        await sendAgain.click({ noWaitAfter: true });
    }
  }
}
