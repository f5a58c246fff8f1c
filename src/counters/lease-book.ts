/**
 * Who holds how much of a rate that many share: leases in the manner of Google's Doorman (README of youtube/doorman), by class
 * of service. The watch keeps one book of its shards, a shard keeps one of its isolates, and what a shard may give away is
 * what the watch leased to it. Pure but for its own memory; time is passed in.
 *
 * The promise: what all grantees together may use never exceeds what the granter had when it granted. A grantee counts with
 * what it said it holds or with what it was just granted, whichever is more, until its next report shows which grant it
 * works under; when it falls silent, with its lease until that has run out, then for a while with its floor (all of it, where it leases
 * on to others). So an answer that is lost, late or overtaken can leave room unused, and never gives the same room twice.
 */
import type { ClassOfService } from "../policy/tables.ts";
import { combined, larger, NO_RATES, plus, type Rates, scaledBy, totalOf } from "./rates.ts";

/**
 * A grantee whose lease has run out may use so much of it, for so long: the granter may be gone, the doctors are not. More than
 * two thirds, which is what it needed of a lease with headroom: with half, everybody would wait while all counters are away,
 * and whoever comes to sign in would find nothing left. What is kept for a grantee that is gone itself lies idle that long.
 */
export const FLOOR_SHARE = 0.75;
export const FLOOR_FOR_MS = 30_000;
/** A grantee is given more than it needed, so that its next second finds room. */
const HEADROOM = 1.5;
/**
 * Of what nobody needs one part is shared out evenly among all grantees, as anybody may come next, another among those who
 * use the class; the rest waits for those who come new. Doctors come anywhere at any moment and must not wait until others
 * have given back, so of P0 and P1 more is kept, and who is alone does not have all. Of the other classes he has nearly all,
 * also while nobody uses them: in calm nobody is refused what lies idle.
 */
const SPARE_FOR_ALL: Rates = [0.3, 0.3, 0.3, 0.3];
const SPARE_FOR_USERS: Rates = [0.5, 0.5, 0.6, 0.6];
/** Who needs less of a class, units a second, does not use it. */
const USES_FROM = 0.05;
/** Of each class so much is kept for whoever has no lease yet, also when more is needed than there is. */
const NEWCOMERS_SHARE = 0.05;
const GRANTEES_MAX = 4096;
/** Stands for all those to whom an earlier book granted something, as long as they have not reported. */
const EARLIER = "earlier";

export interface Lease {
  /** Which grant it is: the grantee says so with its next report. */
  readonly number: number;
  /** Units a second by class; plain, as it travels. */
  readonly perSecond: readonly number[];
  /** How long it holds, counted by the grantee from when it asked, ms. */
  readonly forMs: number;
}

/** What a grantee says of itself. */
export interface Claim {
  /** What it needs, units a second. */
  readonly need: Rates;
  /**
   * The most that it, and whoever it leases to, may use until it hears again. What has lapsed to its floor is told in full:
   * told by half, it would be halved once more when this grantee falls silent, and count for less than is used.
   */
  readonly held: Rates;
  /** The last grant that it obeyed, 0 for none. */
  readonly number: number;
  /** Whether that has run out, so that only its floor holds. Left out: it has not. */
  readonly lapsed?: boolean;
  /**
   * What those who came to it with leases of before held then, units a second, summed up since it began: so a report that is
   * lost, late or told twice moves nothing twice. Left out: nothing.
   */
  readonly brought?: Rates;
}

interface Grantee {
  readonly need: Rates;
  readonly number: number;
  /** What it may use, at the most, while the lease lasts. */
  readonly committed: Rates;
  readonly leaseUntil: number;
  readonly brought: Rates;
}

export class LeaseBook {
  readonly #grantees = new Map<string, Grantee>();
  #need: Rates = NO_RATES;
  /** How many use each class. */
  #users: Rates = NO_RATES;
  #committed: Rates = NO_RATES;
  /** Of that, what those may use who have fallen silent: nobody else's share. */
  #silent: Rates = NO_RATES;
  #brought: Rates = NO_RATES;
  #grants: number;
  readonly #provenPartsMin: number;
  readonly #floorShare: number;

  /**
   * @param firstNumber numbers of grants start here: never the same as those of an earlier book of this granter
   * @param provenPartsMin the spare of P0 and P1 is shared among so many at least
   * @param floorShare what a grantee may use of a lease that has run out. Of one who leases on, all: among his own some hold
   *   only floors already, and what those gave back is leased to others, so that all their floors come to more than a floor of his
   */
  constructor(firstNumber: number, provenPartsMin: number, floorShare = FLOOR_SHARE) {
    this.#grants = firstNumber;
    this.#provenPartsMin = provenPartsMin;
    this.#floorShare = floorShare;
  }

  /** What an earlier book of this granter may have granted still counts, until those who hold it say so, or have it no more. */
  remember(committed: Rates, leaseUntil: number): void {
    this.#grantees.set(EARLIER, { need: NO_RATES, number: 0, committed, leaseUntil, brought: NO_RATES });
    this.#committed = plus(this.#committed, committed);
  }

  get size(): number {
    return this.#grantees.size;
  }

  /** What grantees that came with leases of before held then, since this book began: what its owner claims as `brought`. */
  get brought(): Rates {
    return this.#brought;
  }

  /** What all grantees hold or held so lately that its floor still counts: what the granter must answer for, floors in full. */
  exposure(now: number): Rates {
    let sum = NO_RATES;
    for (const { committed, leaseUntil } of this.#grantees.values())
      if (now <= leaseUntil + FLOOR_FOR_MS) sum = plus(sum, committed);
    return sum;
  }

  /**
   * Whoever holds more than his share keeps the share, whoever holds less is given more as far as there is room: nobody
   * falls to nothing because others have not given back yet.
   *
   * @param pool what there is to give to all of them
   * @param forMs how long a lease may last at the most
   * @param newcomersMin what a newcomer is given at the least, whatever an earlier book may have granted
   * @returns null when there are more grantees than can be counted
   */
  grant(who: string, claim: Claim, pool: Rates, forMs: number, now: number, newcomersMin = NO_RATES): Lease | null {
    const before = this.#grantees.get(who);
    if (!before && this.#grantees.size >= GRANTEES_MAX) return null;
    const renews = before === undefined && claim.number > 0;
    if (renews) this.#brought = plus(this.#brought, claim.held);
    const brought = larger(before?.brought ?? NO_RATES, claim.brought ?? NO_RATES);
    // What was brought to a grantee counted as earlier until now, and from now on as its own: the sum stays. Of whoever renews
    // it is part of what it holds.
    const moved = this.#takeFromEarlier(renews ? claim.held : combined(brought, before?.brought ?? NO_RATES, less));
    const granted = before ? this.#usable(before, now) : NO_RATES;
    const mine = moved ? plus(granted, this.#usable(moved, now)) : granted;
    const others = combined(this.#committed, mine, less);
    const need = plus(before ? combined(this.#need, before.need, less) : this.#need, claim.need);
    const users = plus(before ? combined(this.#users, usedBy(before.need), less) : this.#users, usedBy(claim.need));
    // Until it shows that it works under the last grant, an earlier one may still be what it goes by.
    const shown = before !== undefined && claim.number === before.number;
    const known = plus(before?.committed ?? NO_RATES, moved?.committed ?? NO_RATES);
    const told = shown ? combined(claim.held, known, Math.min) : known;
    const exposed = renews ? claim.held : told;
    // Of a lease that ran out only the floor may be kept, as the rest may be somebody else's by now. So of another granter's:
    // that one counts with the floor for a while, whatever is granted here.
    const lapsed = claim.lapsed === true || (before ? now > before.leaseUntil : !this.#grantees.has(EARLIER));
    const kept = lapsed ? scaledBy(exposed, this.#floorShare) : exposed;
    const held = renews ? kept : combined(kept, mine, Math.min);
    const mineSilent = before && now > before.leaseUntil ? granted : NO_RATES;
    const silent = combined(this.#silent, mineSilent, less);
    const count = this.#grantees.size + (before ? 0 : 1);
    let growth = Math.max(0, totalOf(pool) - totalOf(others) - totalOf(held));
    const at = (c: ClassOfService): number => {
      const share = shareOf(
        c,
        claim.need[c],
        need[c],
        Math.max(0, pool[c] - silent[c]),
        count,
        users[c],
        this.#provenPartsMin,
        before === undefined,
      );
      const least = claim.number === 0 && before === undefined ? Math.min(share, newcomersMin[c]) : 0;
      const stays = Math.min(share, held[c]);
      const more = Math.max(0, Math.min(share, pool[c] - others[c]) - stays);
      const given = Math.max(least, stays + Math.min(more, growth + (held[c] - stays)));
      growth -= Math.max(0, given - held[c]);
      return given;
    };
    const perSecond: Rates = [at(0), at(1), at(2), at(3)];
    const number = ++this.#grants;
    const grantee: Grantee = {
      need: claim.need,
      number,
      committed: larger(exposed, perSecond),
      // The lease before this one may run longer, and holds until the answer has arrived.
      leaseUntil: Math.max(before?.leaseUntil ?? 0, now + forMs),
      brought,
    };
    this.#grantees.set(who, grantee);
    this.#need = need;
    this.#users = users;
    this.#silent = silent;
    this.#committed = plus(others, this.#usable(grantee, now));
    return { number, perSecond, forMs };
  }

  /** What a grantee may use now, at the most. */
  #usable({ committed, leaseUntil }: Grantee, now: number): Rates {
    if (now <= leaseUntil) return committed;
    return now <= leaseUntil + FLOOR_FOR_MS ? scaledBy(committed, this.#floorShare) : NO_RATES;
  }

  /** @returns what of these rates counted as granted by an earlier book until now */
  #takeFromEarlier(rates: Rates): Grantee | null {
    const earlier = this.#grantees.get(EARLIER);
    if (!earlier) return null;
    this.#grantees.set(EARLIER, { ...earlier, committed: combined(earlier.committed, rates, less) });
    return { ...earlier, committed: combined(earlier.committed, rates, Math.min) };
  }

  /** Forgets who is gone and adds up anew; to be called about once a second. */
  sweep(now: number): void {
    this.#need = NO_RATES;
    this.#users = NO_RATES;
    this.#committed = NO_RATES;
    this.#silent = NO_RATES;
    for (const [who, grantee] of this.#grantees) {
      if (now > grantee.leaseUntil + FLOOR_FOR_MS) this.#grantees.delete(who);
      else {
        if (now <= grantee.leaseUntil) {
          this.#need = plus(this.#need, grantee.need);
          this.#users = plus(this.#users, usedBy(grantee.need));
        } else if (who !== EARLIER) this.#silent = plus(this.#silent, this.#usable(grantee, now));
        this.#committed = plus(this.#committed, this.#usable(grantee, now));
      }
    }
  }
}

/** By need while there is enough, with headroom and a part of the spare; in proportion to need when there is not. */
function shareOf(
  c: ClassOfService,
  mine: number,
  all: number,
  pool: number,
  grantees: number,
  users: number,
  partsMin: number,
  isNew: boolean,
): number {
  const spare = pool - HEADROOM * all;
  if (spare < 0) return all > 0 ? pool * (mine / all) * (isNew ? 1 : 1 - NEWCOMERS_SHARE) : 0;
  const parts = (count: number): number => (isProven(c) ? Math.max(partsMin, count) : count);
  const forAll = (SPARE_FOR_ALL[c] * spare) / parts(grantees);
  const nobodyUses = users === 0 && !isProven(c);
  const uses = mine >= USES_FROM || nobodyUses;
  const forUsers = uses ? (SPARE_FOR_USERS[c] * spare) / parts(nobodyUses ? grantees : users) : 0;
  return HEADROOM * mine + forAll + forUsers;
}

function isProven(c: ClassOfService): boolean {
  return c < 2;
}

function usedBy(need: Rates): Rates {
  return combined(need, need, (rate) => (rate >= USES_FROM ? 1 : 0));
}

function less(a: number, b: number): number {
  return Math.max(0, a - b);
}
