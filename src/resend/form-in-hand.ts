/**
 * A form that somebody is posting right now: what the shield needs to give it back to her in case it is turned away or the
 * origin is out of reach. Its body is read only then; while it goes to the origin it streams, and a copy is kept.
 *
 * Never a form of another site: a page of ours would send it again as one of this site, with all cookies, and so make a
 * forgery (CSRF) look genuine.
 */

import { type Bytes, randomId } from "../bytes.ts";
import type { Identity } from "../identity/identity.ts";
import { isOwnForm } from "../identity/visit.ts";
import type { Budget } from "../policy/policy.ts";
import { roomForSeats } from "../policy/room.ts";
import type { Charge } from "../policy/verdict.ts";
import type { Facts } from "../request/facts.ts";
import type { Sealer } from "../seal.ts";
import { KeptBody, readWhole } from "./body.ts";
import type { Carried } from "./carried.ts";
import { type Held, roomFor } from "./held.ts";
import { type Form, headersToSeal, RESTORED_HEADERS, sealForm } from "./seal-form.ts";
import { subjectOf } from "./subject.ts";

/** 2 MB of what people typed, and room for the form around it. */
export const FORM_MAX_BYTES = 2 * 1_048_576 + 65_536;

/** Each seal echoes 1.33 times the upload: nobody makes us do that for ever. Scaled by a facility's seats. */
const CARRIED: Budget = {
  name: "forms given back to one prefix",
  per: "prefix",
  lanes: null,
  routes: null,
  perMinute: 60,
  burst: 60,
  emissionMs: 1_000,
  toleranceMs: 60_000,
  counts: "requests",
  strict: false,
  then: "limit",
};
/** A form costs one unit, and one more for each so many bytes: a prefix is given back at most 8 MB at once, 8 MB a minute. */
const BYTES_PER_UNIT = 2 ** 17;

/** What an isolate lends: all of it is bounded. */
export interface Means {
  readonly sealer: Sealer | null;
  readonly held: Held;
  readonly tally: {
    waitSeconds(charge: Charge, now: number): number;
    apply(charges: readonly Charge[], now: number): void;
  };
}

export class FormInHand {
  readonly #means: Means;
  readonly #request: Request;
  readonly #facts: Facts;
  readonly #bodyBytes: number;
  /** See `roomFor`. */
  readonly #room: number;
  /** What it was when it was sealed; null for one that comes for the first time. */
  readonly returned: Form | null;
  #bytes: Bytes | null;
  #kept: KeptBody | null = null;
  #release: (() => void) | null;
  #inVain: readonly string[];

  private constructor(
    means: Means,
    request: Request,
    facts: Facts,
    identity: Identity,
    bytes: Bytes | null,
    returned: Form | null,
    release: (() => void) | null,
  ) {
    this.#means = means;
    this.#request = request;
    this.#facts = facts;
    this.#bodyBytes = facts.bodyBytes ?? 0;
    this.#room = roomFor(identity, returned !== null);
    this.#bytes = bytes;
    this.returned = returned;
    this.#release = release;
    this.#inVain = returned?.inVain ?? [];
  }

  /** Null for what is never given back: no form, one of another site, one without length or too long. */
  static first(means: Means, request: Request, facts: Facts, identity: Identity): FormInHand | null {
    const length = facts.hasBody ? facts.bodyBytes : 0;
    if (means.sealer === null || !isOwnForm(facts) || length === null || length > FORM_MAX_BYTES) return null;
    return new FormInHand(means, request, facts, identity, null, null, null);
  }

  /** One that came back from a page of ours. */
  static again(
    means: Means,
    request: Request,
    facts: Facts,
    identity: Identity,
    form: Form,
    release: () => void,
  ): FormInHand {
    return new FormInHand(means, request, facts, identity, form.body, form, release);
  }

  /**
   * The request for the origin. A form that came back is asked for without its sender: were she to press the button twice,
   * the browser would cut the first, and the second would find it sent.
   */
  forOrigin(): Request {
    if (this.#bodyBytes === 0 && !this.returned) return this.#request;
    if (!this.#release) this.#release = this.#means.held.take(this.#bodyBytes, this.#room, Date.now());
    if (!this.#release) return this.#request; // it goes as it came, and would be lost with the connection
    const source = this.#bytes ?? this.#request.body;
    if (source === null) return this.#request;
    this.#kept = new KeptBody(source, this.#bodyBytes);
    const body = this.#kept.readable;
    if (!this.returned) return new Request(this.#request, { body });
    const headers = new Headers(this.#request.headers);
    for (const [at, name] of RESTORED_HEADERS.entries()) {
      const value = this.returned.headers[at] ?? "";
      if (value === "") headers.delete(name);
      else headers.set(name, value);
    }
    return new Request(this.#facts.url, { method: "POST", headers, body, redirect: "manual" });
  }

  /** Whether the origin may have all of it, once it was sent there. */
  get left(): boolean {
    return this.#kept?.left ?? true;
  }

  /** Nothing more will be asked of it. */
  done(): void {
    this.#release?.();
    this.#release = null;
  }

  /** What is given back now says so: the form is not held for sent because of this attempt. */
  wasInVain(attempt: string): void {
    this.#inVain = [...this.#inVain, attempt];
  }

  /** What a page needs to carry it back; null when that cannot be done, and then the page says so. */
  async carry(identity: Identity, nowMs: number): Promise<Carried | null> {
    const { sealer, held, tally } = this.#means;
    if (sealer === null) return null;
    const charge = this.#charge(identity);
    if (tally.waitSeconds(charge, nowMs) > 0) return null;
    this.#release ??= held.take(this.#bodyBytes, this.#room, nowMs);
    if (!this.#release) return null;
    tally.apply([charge], nowMs);
    const body = await this.#whole();
    if (body === null) return null;
    const { host, target, authority } = this.#facts;
    const subject = (await subjectOf(sealer, this.#facts, identity)).name;
    const form: Form = {
      id: this.returned?.id ?? randomId(),
      sealedAtMs: this.returned?.sealedAtMs ?? nowMs,
      headers: this.returned?.headers ?? headersToSeal(this.#request.headers),
      body,
      inVain: this.#inVain,
    };
    const sealed = await sealForm(sealer, form, { host, target, subject }, nowMs);
    // From here on only the sealed form is needed; the page gives its room back when it is through.
    this.#bytes = null;
    this.#kept = null;
    return { action: authority + target, ...sealed, done: () => this.done() };
  }

  #charge({ facility }: Identity): Charge {
    const cost = 1 + Math.floor(this.#bodyBytes / BYTES_PER_UNIT);
    return { budget: CARRIED, key: this.#facts.address.prefix, cost, scale: roomForSeats(facility?.seats ?? 0) };
  }

  async #whole(): Promise<Bytes | null> {
    if (this.#kept) return this.#kept.whole();
    return this.#bytes ?? readWhole(this.#request.body, this.#bodyBytes);
  }
}
