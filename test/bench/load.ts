/** Load on raw sockets, one request under way on each: so the generator costs a fifth of what it measures. */
import { Wire } from "../flood/wire.ts";

const PATIENCE_MS = 10_000;

export interface Tally {
  readonly ms: number;
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly failed: number;
}

export interface Asked {
  readonly address: string;
  readonly path?: string;
  readonly cookie?: string;
  /** As a browser opens a page; left out, as a program asks. */
  readonly navigation?: boolean;
}

export function request({ address, path = "/", cookie = "", navigation = false }: Asked): string {
  const kind = navigation
    ? "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: none"
    : "Accept: application/json";
  return `GET ${path} HTTP/1.1\r\nHost: portal.example.lv\r\nCF-Connecting-IP: ${address}\r\n${kind}\r\nUser-Agent: bench\r\nAccept-Encoding: identity\r\n${cookie === "" ? "" : `Cookie: ${cookie}\r\n`}\r\n`;
}

export class Load {
  readonly #wires: Wire[] = [];
  readonly #ports: readonly number[];
  readonly #connections: number;
  readonly #next: () => string;

  /** @param next the text of the next request; round robin over ports */
  constructor(ports: readonly number[], connections: number, next: () => string) {
    this.#ports = ports;
    this.#connections = connections;
    this.#next = next;
  }

  async run(ms: number): Promise<Tally> {
    const statuses = new Map<number, number>();
    let requests = 0;
    let failed = 0;
    const from = performance.now();
    const until = from + ms;
    const drive = async (i: number): Promise<void> => {
      while (performance.now() < until) {
        const wire = this.#wire(i);
        const answer = await wire.send(this.#next(), PATIENCE_MS);
        requests++;
        if (answer) statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        else failed++;
      }
    };
    await Promise.all(Array.from({ length: this.#connections }, (_, i) => drive(i)));
    return { ms: performance.now() - from, requests, statuses, failed };
  }

  stop(): void {
    for (const wire of this.#wires) wire.destroy();
  }

  #wire(i: number): Wire {
    const known = this.#wires[i];
    if (known?.usable) return known;
    const wire = new Wire(this.#ports[i % this.#ports.length] ?? 0);
    this.#wires[i] = wire;
    return wire;
  }
}

export function perSecond({ requests, failed, ms }: Tally): number {
  return ((requests - failed) * 1000) / ms;
}
