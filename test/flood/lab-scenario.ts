/**
 * What a scenario of the lab is: plain data, at full scale. The lab divides sources and rates by `scale`, so that one
 * computer can bear it; each source keeps its own pace. A new scenario is a file in scenarios/ and a line in its index.
 */
import { networkOf } from "./addresses.ts";

export interface LabScenario {
  /** What is written after `npm run flood --`. */
  readonly name: string;
  /** One sentence: what it imitates. */
  readonly about: string;
  /** Sources and rates are divided by this unless the command says otherwise. */
  readonly scale: number;
  /** Empty in a control: then nobody attacks. */
  readonly crews: readonly Crew[];
  /** Legitimate people or systems that come on top of the clinic once the calm is over. */
  readonly surge?: Surge;
  /** The portal itself is in trouble. */
  readonly ailing?: Ailing;
  /** Why no virtual clock can play it, where that is so: an answer that a model of the shield does not know. */
  readonly noModel?: string;
}

/** Sources with the same habits. */
export interface Crew {
  readonly name: string;
  /** How many addresses, at full scale. */
  readonly sources: number;
  /** Of all sources together, requests a second at full scale. */
  readonly requestsPerSecond: number;
  /** Neither is divided by the scale: one stolen session stays one. */
  readonly undivided?: boolean;
  /** Sigma of the log-normal spread of the sources' rates: 0 makes them equal. */
  readonly spread: number;
  readonly from: readonly Origin[];
  /** The sources are some of those of this crew, evenly chosen, at the same scale; `from` is then that crew's. */
  readonly someOf?: Crew;
  readonly shape: Shape;
  /** Host that is asked; the portal unless said otherwise. */
  readonly host?: string;
  /** When an attacker stops waiting, ms. He resets the connection then. */
  readonly patienceMs: number;
  /** Requests that one source has under way at once. */
  readonly connectionsPerSource: number;
  readonly protocols: readonly Share<"HTTP/1.0" | "HTTP/1.1" | "HTTP/2" | "HTTP/3">[];
  /** The first is in use unless the crew adapts. */
  readonly tactics: readonly [Tactic, ...Tactic[]];
  readonly adapts?: Adaptation;
  /** Whether cookies are sent back. */
  readonly keepsCookies: boolean;
  /** Whether a challenge is solved: never, with the page's own script, or by a program that has half a core. */
  readonly solves: "never" | "browser" | "program";
  /** Signs in by the form while it is calm, as this user: the crew has a session. */
  readonly signsInAs?: string;
  /** Bodies are not sent but trickled, one byte each so many ms. */
  readonly trickleEveryMs?: number;
}

export interface Share<T> {
  readonly share: number;
  readonly value: T;
}

/** Where sources are: a part of the crew, in a reserved network, that the edge sees as this kind of network. */
export interface Origin {
  readonly share: number;
  /** A reserved network, as in "198.18.0.0/16" or "2001:db8:1000::/36". */
  readonly network: string;
  readonly kind: "hosting" | "residential" | "enterprise" | "latvian";
  readonly countries: readonly string[];
  /** All of them are in this autonomous system; left out, in some. */
  readonly asn?: number;
  /** IPv6 only: a new /64 of its /48 for each request. */
  readonly rotates?: boolean;
}

/** What is sent, and dressed as what. */
export interface Tactic {
  readonly userAgents: readonly string[];
  /** Header lines that every request carries beside Host, User-Agent and the address. */
  readonly headers: readonly string[];
  readonly mix: readonly LabRequest[];
  /** Times the crew's rate; 1 unless said. */
  readonly rate?: number;
}

export interface LabRequest {
  /** Share of the flood; shares need not sum to 1. */
  readonly share: number;
  readonly method: "GET" | "POST" | "HEAD";
  /**
   * `$word` becomes 6 to 12 random letters and digits, `$number` a number below 10,000, `$digits` seven digits, `$code` a
   * personal code that nobody has, `$next` counts up, `$site` a number that stays the same for one source,
   * `$replay` the last proof that the crew had accepted. The same in headers and body.
   */
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** How the rate goes over the time of the attack. */
export type Shape =
  | { readonly kind: "step"; readonly rampS: number }
  /** Rises over this share of the attack. */
  | { readonly kind: "ramp"; readonly share: number }
  | { readonly kind: "square"; readonly onS: number; readonly offS: number }
  /** So many pulses within the attack, each on for this share of its time. */
  | { readonly kind: "pulses"; readonly count: number; readonly on: number };

/** The attacker looks at what share of his requests were answered by the origin, and when it is low does something else. */
export interface Adaptation {
  readonly everyS: number;
  readonly below: number;
}

/** On top of the clinic, people and systems that nobody may take for attackers. Rates as they are, not divided by scale. */
export interface Surge {
  readonly residents?: { readonly count: number; readonly overS: number };
  readonly practiceSystems?: { readonly count: number; readonly overS: number };
  readonly laboratories?: { readonly count: number; readonly requestsPerSecond: number; readonly bytes: number };
}

/** How many sources and requests a second are left of a crew at a scale. */
export function sizeAt({ sources, requestsPerSecond, undivided }: Crew, scale: number) {
  const by = undivided ? 1 : scale;
  return { sources: Math.max(1, Math.round(sources / by)), requestsPerSecond: requestsPerSecond / by };
}

/** A part of the portal is away for a while: it bears only this share of its capacity between two shares of the attack's time. */
export interface Ailing {
  readonly share: number;
  readonly from: number;
  readonly to: number;
}

/** Share of its capacity that the portal bears at a moment of the attack, 0 to 1. Times in s. */
export function capacityShareAt(ailing: Ailing | undefined, second: number, attackS: number): number {
  return ailing && second >= ailing.from * attackS && second < ailing.to * attackS ? ailing.share : 1;
}

/** Share of the full rate at a moment of the attack, 0 to 1. Times in s. */
export function strengthAt(shape: Shape, second: number, attackS: number): number {
  switch (shape.kind) {
    case "step":
      return Math.min(1, second / Math.max(shape.rampS, 0.001));
    case "ramp":
      return Math.min(1, second / Math.max(shape.share * attackS, 0.001));
    case "square":
      return second % (shape.onS + shape.offS) < shape.onS ? 1 : 0;
    case "pulses": {
      const period = attackS / shape.count;
      return second % period < period * shape.on ? 1 : 0;
    }
  }
}

/** @throws {RangeError} when a scenario would use addresses that may belong to somebody, or ask a host that may. */
export function assertHarmless({ name, crews }: LabScenario): void {
  for (const crew of crews) {
    if (crew.host !== undefined && !crew.host.endsWith(".example.lv"))
      throw new RangeError(`scenario ${name}: ${crew.host} may be somebody's, take a host below example.lv`);
    for (const { network } of crew.from) networkOf(network);
  }
}
