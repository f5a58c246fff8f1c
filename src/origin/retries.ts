/**
 * Retries, recognised and not amplified: whoever asks the same again right after it failed or found no room. A principal may
 * do so with a tenth of its requests (Google, Site Reliability Engineering, chapter 21: a retry budget of 10 %); its retries
 * beyond are sheddable. A client that comes back when it was told to is not one that retries.
 *
 * Bounded: two tables of fixed size, shared by hash. Nothing is looked up while nothing has failed.
 */
import { hash32 } from "./fairness.ts";

const PLACES = 1024;
/** Retry-After is longer. */
const RETRIES_WITHIN_MS = 5000;
const RETRIES_SHARE = 0.1;
/** A person may press "again" a few times. */
const RETRIES_FREE = 3;
const FORGETS_EVERY_MS = 30_000;

export class Retries {
  readonly #failed = new Uint32Array(PLACES);
  readonly #failedAt = new Float64Array(PLACES);
  readonly #requests = new Uint16Array(PLACES);
  readonly #retries = new Uint16Array(PLACES);
  #lastFailureAt = 0;
  #forgotAt = 0;

  /** To be called when a request failed at the origin or found no room. @param request method and target */
  noteFailed(principal: string, request: string, now: number): void {
    const hash = hash32(`${principal} ${request}`);
    this.#failed[hash % PLACES] = hash;
    this.#failedAt[hash % PLACES] = now;
    this.#lastFailureAt = now;
  }

  /** To be called once for each request; whether it is a retry beyond what this principal may. */
  isExcessive(principal: string, request: string, now: number): boolean {
    if (now - this.#lastFailureAt > RETRIES_WITHIN_MS) return false;
    this.#forget(now);
    const place = hash32(principal) % PLACES;
    const requests = countUp(this.#requests, place);
    const hash = hash32(`${principal} ${request}`);
    const at = hash % PLACES;
    if (this.#failed[at] !== hash || now - (this.#failedAt[at] ?? 0) > RETRIES_WITHIN_MS) return false;
    return isBeyond(countUp(this.#retries, place), requests);
  }

  /** Whether one more would still be one that this principal may: asked before the shield retries for her. */
  hasOneLeft(principal: string): boolean {
    const place = hash32(principal) % PLACES;
    return !isBeyond((this.#retries[place] ?? 0) + 1, this.#requests[place] ?? 0);
  }

  #forget(now: number): void {
    if (now - this.#forgotAt < FORGETS_EVERY_MS) return;
    this.#forgotAt = now;
    this.#requests.fill(0);
    this.#retries.fill(0);
  }
}

function isBeyond(retries: number, requests: number): boolean {
  return retries > RETRIES_FREE && retries > RETRIES_SHARE * requests;
}

function countUp(counts: Uint16Array, place: number): number {
  const count = Math.min(65_535, (counts[place] ?? 0) + 1);
  counts[place] = count;
  return count;
}
