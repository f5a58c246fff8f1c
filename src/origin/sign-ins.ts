/**
 * Who signs in goes before other strangers, and waits for room as long as a doctor does. At the onset of a flood strangers' room
 * is taken as soon as it fills, by whatever costs least; to sign in costs more, and would hardly ever find enough. A return from the
 * identity provider cannot be carried through a page of ours either, nor sent again by itself.
 *
 * Only who shows something verified (policy/wait-to-sign-in.ts), and only of what strangers have: doctors give nothing for it.
 *
 * Accepted trade-off: programs can get that, too. So what those who waited here got is owed: until others have had as much, they
 * stand among them, as important as whoever starts to sign in. By going ahead alone nobody gets more than half.
 */
import type { CompiledRoute } from "../policy/policy.ts";
import type { ClassOfService } from "../policy/tables.ts";

/** The classes of strangers; whoever is more important makes no room. */
const MAKES_ROOM_FROM: ClassOfService = 2;
/** So many wait at once in one isolate; those beyond are strangers like others. */
const WAITING_MAX = 64;
/** Who hands in the form that starts it finds no place sooner: she gets it back, a return is lost. */
const WAITING_MAX_OF_STARTS = 32;

export class SignIns {
  #waiting = 0;
  /** Cost units that those who waited here got, and others have not had since. */
  #owed = 0;

  hasPlaceFor({ signIn }: Pick<CompiledRoute, "signIn">): boolean {
    return this.#waiting < (signIn === "return" ? WAITING_MAX : WAITING_MAX_OF_STARTS);
  }

  enter(): void {
    this.#waiting++;
  }

  /** @param units what was taken in the end, 0 for nothing */
  leave(units: number): void {
    this.#waiting--;
    this.#owed += units;
  }

  /** Whether a request of this class that does not wait here must let one go first. */
  goBefore(serviceClass: ClassOfService): boolean {
    return this.#waiting > 0 && this.#owed <= 0 && serviceClass >= MAKES_ROOM_FROM;
  }

  /** Another request found room. */
  noteOther(serviceClass: ClassOfService, units: number): void {
    if (this.#owed > 0 && serviceClass >= MAKES_ROOM_FROM) this.#owed -= units;
  }
}
