/**
 * Company: how many proven people were seen lately behind an address, or in a prefix. A hospital that nobody registered is
 * hundreds of doctors behind one address; each who signs in makes room there for those who have yet to.
 *
 * Linear counting (Whang, Vander-Zanden, Taylor 1990): each person sets one of 512 bits, so an address costs 128 bytes
 * however many are there, and who comes twice counts once. Two periods are kept, hence it fades by itself. Only principals
 * may be noted, which are keyed hashes of ours: unverified input earns nothing and nobody can choose her bit.
 */

const BITS = 512;
const WORDS = BITS / 32;
const PERIOD_MS = 15 * 60_000;
/** About 300 bytes each, addresses and prefixes. */
const PLACES_MAX = 4096;
/** When all places are taken, of so many the one with the fewest people goes: a stolen pass on tour pushes out no hospital. */
const COMPARED = 8;

interface Place {
  /** Number of the period that `now` is about. */
  period: number;
  now: Uint32Array;
  before: Uint32Array;
}

export class Company {
  readonly #places = new Map<string, Place>();

  /** @param principal 32 hexadecimal digits */
  note(key: string, principal: string, now: number): void {
    const bit = Number.parseInt(principal.slice(0, 8), 16) % BITS;
    if (Number.isNaN(bit)) return;
    let place = this.#places.get(key);
    if (!place) {
      if (this.#places.size >= PLACES_MAX) this.#makeRoom(now);
      place = { period: periodOf(now), now: new Uint32Array(WORDS), before: new Uint32Array(WORDS) };
      this.#places.set(key, place);
    }
    turn(place, now);
    place.now[bit >> 5] = (place.now[bit >> 5] ?? 0) | (1 << (bit & 31));
  }

  /** How many proven people were seen there within the last quarter to half of an hour; an estimate, within some percent. */
  at(key: string, now: number): number {
    const place = this.#places.get(key);
    return place === undefined ? 0 : peopleIn(place, now);
  }

  /** Whoever is compared and stays goes to the end of the line, so that all are compared in turn. */
  #makeRoom(now: number): void {
    let fewest = Number.POSITIVE_INFINITY;
    let leaving = "";
    const compared: [string, Place][] = [];
    for (const entry of this.#places) if (compared.push(entry) === COMPARED) break;
    for (const [key, place] of compared) {
      const people = peopleIn(place, now);
      if (people < fewest) {
        fewest = people;
        leaving = key;
      }
    }
    for (const [key, place] of compared) {
      this.#places.delete(key);
      if (key !== leaving) this.#places.set(key, place);
    }
  }
}

function periodOf(now: number): number {
  return Math.floor(now / PERIOD_MS);
}

function turn(place: Place, now: number): void {
  const period = periodOf(now);
  if (period <= place.period) return;
  place.before = period === place.period + 1 ? place.now : new Uint32Array(WORDS);
  place.now = new Uint32Array(WORDS);
  place.period = period;
}

function peopleIn(place: Place, now: number): number {
  turn(place, now);
  let zeros = 0;
  for (let i = 0; i < WORDS; i++) {
    for (let bits = ~((place.now[i] ?? 0) | (place.before[i] ?? 0)); bits !== 0; bits &= bits - 1) zeros++;
  }
  return BITS * Math.log(BITS / Math.max(zeros, 1));
}
