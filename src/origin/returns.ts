/**
 * Who comes back from the identity provider goes before other strangers, and waits for room as long as a doctor does: her
 * return cannot be carried through a page of ours, nor sent again by itself. At the onset of a flood strangers' room is taken as
 * soon as it fills, by whatever costs least; a return costs more, and would hardly ever find enough.
 *
 * Only of returns that belong to a beginning that we saw, and only of what strangers have: doctors give nothing for it.
 *
 * Accepted trade-off: programs can begin, too. So what those who waited here got is owed: until others have had as much, returns
 * stand among them, as important as whoever starts to sign in. By going ahead alone nobody gets more than half.
 */
import type { ClassOfService } from "../policy/tables.ts";

/** The classes of strangers; whoever is more important makes no room. */
const MAKES_ROOM_FROM: ClassOfService = 2;
/** So many wait at once; those beyond are strangers like others. */
const WAITING_MAX = 64;

export class Returns {
  #waiting = 0;
  /** Cost units that those who waited here got, and others have not had since. */
  #owed = 0;

  get isFull(): boolean {
    return this.#waiting >= WAITING_MAX;
  }

  enter(): void {
    this.#waiting++;
  }

  /** @param units what was taken in the end, 0 for nothing */
  leave(units: number): void {
    this.#waiting--;
    this.#owed += units;
  }

  /** Whether a request of this class that is no return must let one go first. */
  goBefore(serviceClass: ClassOfService): boolean {
    return this.#waiting > 0 && this.#owed <= 0 && serviceClass >= MAKES_ROOM_FROM;
  }

  /** Another request found room. */
  noteOther(serviceClass: ClassOfService, units: number): void {
    if (this.#owed > 0 && serviceClass >= MAKES_ROOM_FROM) this.#owed -= units;
  }
}
