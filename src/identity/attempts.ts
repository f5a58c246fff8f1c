/** The budget for verifying, counted like any other: by address, across isolates, in the tally's bounded memory. */
import type { Budget } from "../policy/policy.ts";
import { roomForOurWork } from "../policy/room.ts";
import type { Charge, CounterView } from "../policy/verdict.ts";
import type { ClientAddress } from "../request/address.ts";
import type { Facts } from "../request/facts.ts";
import type { Attempts } from "./proof.ts";

/** Failures, of an ordinary address: a system with a broken key asks once in a few seconds; a flood is stopped after 30. */
const FAILED_PROOFS: Budget = {
  name: "failed proofs",
  per: "address",
  lanes: null,
  routes: null,
  perMinute: 60,
  burst: 30,
  emissionMs: 1_000,
  toleranceMs: 30_000,
  counts: "requests",
  strict: false,
  then: "limit",
};
/** Failures that one isolate bears in a second from addresses that failed before: at 100 µs each 3 % of its time. */
const FAILURES_PER_SECOND = 300;

interface Counters extends CounterView {
  apply(charges: readonly Charge[], now: number): void;
}

/** Seats of the registered facility at an address; null where there is none. */
export type SeatsAt = (address: ClientAddress, now: number) => number | null;

export class CountedAttempts implements Attempts {
  readonly #counters: Counters;
  readonly #seatsAt: SeatsAt;
  #second = 0;
  #failures = 0;

  constructor(counters: Counters, seatsAt: SeatsAt) {
    this.#counters = counters;
    this.#seatsAt = seatsAt;
  }

  /** Whoever has not failed lately is always heard: a flood of forgeries from elsewhere takes nothing from a doctor. */
  mayTry(facts: Facts, now: number): boolean {
    const one = this.#charge(facts, now);
    const all = { ...one, cost: FAILED_PROOFS.burst * one.scale };
    if (this.#counters.waitSeconds(all, now) <= 0) return true;
    if (this.#counters.waitSeconds(one, now) > 0) return false;
    return this.#failures < FAILURES_PER_SECOND || this.#second !== Math.floor(now / 1000);
  }

  noteFailure(facts: Facts, now: number): void {
    this.#counters.apply([this.#charge(facts, now)], now);
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#failures = 0;
    this.#second = second;
    this.#failures++;
  }

  /** One infected computer must not make strangers of all who work behind the same address. */
  #charge({ address }: Facts, now: number): Charge {
    const people = () => this.#counters.peopleAt?.(address.key, now) ?? 0;
    const scale = roomForOurWork(this.#seatsAt(address, now), people);
    return { budget: FAILED_PROOFS, key: address.key, cost: 1, scale };
  }
}
