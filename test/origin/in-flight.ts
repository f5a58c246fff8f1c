/** A bare count of the requests at the origin. */
import type { InFlightCounter } from "../../src/origin/in-flight.ts";

export class InFlight implements InFlightCounter {
  count = 0;

  enter(): () => void {
    this.count++;
    return () => void this.count--;
  }
}
