/**
 * The way from simulated clients to the edge: which location and which isolate an address meets, as anycast does it, what
 * the edge is told about the client, and the connections. Connections of an isolate are shared by all who ask it: who asks
 * is told by headers, and thousands of slow sources need no socket each.
 */
import { asNumberOf, type Client, hashOf, LOCATIONS, locationsOf } from "../places.ts";
import { type Answer, Wire } from "../wire.ts";

export interface Gate {
  readonly port: number;
  /** Requests are written in absolute form, so that scheme and host are those of production. */
  readonly absoluteForm: boolean;
}

export class Edges {
  readonly #gates: readonly Gate[];
  readonly #idle: Wire[][];
  readonly #open = new Set<Wire>();
  readonly #asked = new Set<number>();
  readonly #told = new Map<string, string>();

  constructor(gates: readonly Gate[]) {
    this.#gates = gates;
    this.#idle = gates.map(() => []);
  }

  /** @param chance 0 to 1: decides between the locations, and between the isolates of one */
  edgeFor(client: Client, chance: number): number {
    const locations = Math.min(LOCATIONS.length, this.#gates.length);
    const [home, second] = locationsOf(client, locations);
    const { location } = second && chance < second.share ? second : (home ?? { location: 0 });
    const isolates = Math.floor((this.#gates.length - 1 - location) / locations) + 1;
    return location + locations * Math.floor(((chance * 1000) % 1) * isolates);
  }

  /** How many isolates were asked for anything. */
  get awake(): number {
    return this.#asked.size;
  }

  /**
   * Header lines that tell the edge who asks.
   * @param certificate what it found out about the client's, if there is one
   */
  linesAbout(client: Client, edge: number, certificate?: object): string {
    const key = `${client.kind} ${client.country} ${client.protocol} ${hashOf(client.address)} ${edge % LOCATIONS.length}`;
    let cf = this.#told.get(key);
    if (cf === undefined) {
      const number = asNumberOf(client);
      cf = JSON.stringify({
        colo: LOCATIONS[edge % LOCATIONS.length],
        country: client.country,
        asn: number,
        asOrganization: `${client.kind} network ${number}`,
        httpProtocol: client.protocol,
        tlsVersion: client.protocol === "HTTP/1.0" ? "TLSv1.2" : "TLSv1.3",
      });
      // Bounded: a flood has many addresses.
      if (this.#told.size > 20_000) this.#told.clear();
      this.#told.set(key, cf);
    }
    const handshake = certificate ? `,"tlsClientAuth":${JSON.stringify(certificate)}` : "";
    return `CF-Connecting-IP: ${client.address}\r\nMF-CF-Blob: ${cf.slice(0, -1)}${handshake}}`;
  }

  /** The first line of a request, and its Host. */
  openingLines(edge: number, method: string, path: string, host: string): string {
    const target = this.#gates[edge]?.absoluteForm ? `https://${host}${path}` : path;
    return `${method} ${target} HTTP/1.1\r\nHost: ${host}`;
  }

  /** @returns null when the connection failed, or nothing came within `patienceMs`: then it is reset */
  async send(edge: number, request: string, patienceMs: number, keepBody = false): Promise<Answer | null> {
    const wire = this.#wireTo(edge);
    const answer = await wire.send(request, patienceMs, keepBody);
    if (wire.usable) this.#idle[edge]?.push(wire);
    else this.#open.delete(wire);
    return answer;
  }

  /** Sends the head, then one byte of the body each `everyMs`, until there is an answer or `end` is aborted. */
  async trickle(edge: number, head: string, everyMs: number, end: AbortSignal): Promise<Answer | null> {
    const wire = this.#wireTo(edge);
    const timer = setInterval(() => wire.trickle("{"), everyMs);
    const stop = () => wire.destroy();
    end.addEventListener("abort", stop, { once: true });
    try {
      return await wire.send(head, 2 ** 30);
    } finally {
      clearInterval(timer);
      end.removeEventListener("abort", stop);
      // What is left of the body was never sent: nothing else may use this connection.
      wire.destroy();
      this.#open.delete(wire);
    }
  }

  close(): void {
    for (const wire of this.#open) wire.destroy();
    this.#open.clear();
  }

  #wireTo(edge: number): Wire {
    const gate = this.#gates[edge];
    this.#asked.add(edge);
    if (!gate) throw new RangeError(`there is no edge ${edge}`);
    for (let wire = this.#idle[edge]?.pop(); wire !== undefined; wire = this.#idle[edge]?.pop()) {
      if (wire.usable) return wire;
      this.#open.delete(wire);
    }
    const wire = new Wire(gate.port);
    this.#open.add(wire);
    return wire;
  }
}
