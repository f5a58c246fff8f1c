/**
 * The flood: many sources, each with its own pace, address and old browser. They read what they are answered and send on;
 * they keep no cookies and solve nothing. Offered load is open: a slow answer does not slow the flood down, until every
 * connection of a source is waiting.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "./random.ts";
import { type AttackRequest, addressesOf, type Flood } from "./scenario.ts";
import { type AttackOutcome, type AttackTally, STOPPED_BY } from "./tally.ts";
import { type Answer, Wire } from "./wire.ts";

/** How often requests that are due are sent, ms. */
const TICK_MS = 10;
/** A generator that was held up does not make up for more than this, s. */
const CATCH_UP_MAX_S = 0.1;

interface Source {
  readonly address: string;
  readonly userAgent: string;
  readonly random: Random;
  readonly idle: Wire[];
  busy: number;
}

/** Floods until `end` is aborted. Every request sent has its outcome in the tally when this resolves. */
export async function attack(
  base: URL,
  flood: Flood,
  random: Random,
  tally: AttackTally,
  end: AbortSignal,
): Promise<void> {
  const sources = recruit(flood, random);
  const choose = chooser(sources, flood.spread, random);
  const open = new Set<Wire>();
  const underWay = new Set<Promise<void>>();
  const fire = (source: Source) => {
    const sending = sendOne(base, flood, source, open, tally).finally(() => underWay.delete(sending));
    underWay.add(sending);
  };

  const startedAt = performance.now();
  let last = startedAt;
  let due = 0;
  while (!end.aborted) {
    const now = performance.now();
    const ramp = Math.min(1, (now - startedAt) / 1000 / Math.max(flood.rampSeconds, 0.001));
    due += flood.requestsPerSecond * ramp * Math.min((now - last) / 1000, CATCH_UP_MAX_S);
    last = now;
    for (; due >= 1; due--) {
      const source = choose();
      if (source.busy >= flood.connectionsPerSource) tally.heldBack++;
      else fire(source);
    }
    await pause(TICK_MS);
  }
  for (const wire of open) wire.destroy();
  await Promise.all(underWay);
}

function recruit(flood: Flood, random: Random): Source[] {
  return addressesOf(flood.sources).map((address) => {
    const own = random.fork();
    return { address, userAgent: own.pick(flood.userAgents), random: own, idle: [], busy: 0 };
  });
}

/** Draws sources by their rates: log-normal, so a few are much busier than the rest. */
function chooser(sources: readonly Source[], spread: number, random: Random): () => Source {
  let sum = 0;
  const upTo = sources.map((source) => {
    sum += source.random.lognormal(spread);
    return sum;
  });
  return () => {
    const at = random.fraction() * sum;
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    const source = sources[low];
    if (source === undefined) throw new Error("a flood needs sources");
    return source;
  };
}

async function sendOne(base: URL, flood: Flood, source: Source, open: Set<Wire>, tally: AttackTally): Promise<void> {
  source.busy++;
  let wire = source.idle.pop();
  while (wire !== undefined && !wire.usable) wire = discard(wire, open, source);
  if (wire === undefined) {
    wire = new Wire(Number(base.port));
    open.add(wire);
  }
  tally.sent++;
  const request = write(base, flood, source.random.pickByShare(flood.mix), source);
  tally.note(outcomeOf(await wire.send(request, flood.patienceMs)));
  if (wire.usable) source.idle.push(wire);
  else open.delete(wire);
  source.busy--;
}

function discard(wire: Wire, open: Set<Wire>, source: Source): Wire | undefined {
  open.delete(wire);
  return source.idle.pop();
}

function outcomeOf(answer: Answer | null): AttackOutcome {
  if (answer === null) return { kind: "unanswered" };
  const by = STOPPED_BY.find((way) => way === answer.mitigated);
  return by ? { kind: "stopped", by } : { kind: "answered", status: answer.status };
}

function write(base: URL, flood: Flood, request: AttackRequest, { address, userAgent, random }: Source): string {
  const body = fill(request.body ?? "", random);
  const lines = [
    `${request.method} ${fill(request.path, random)} HTTP/1.1`,
    `Host: ${base.host}`,
    `User-Agent: ${userAgent}`,
    `CF-Connecting-IP: ${address}`,
    ...flood.headers,
    ...(request.headers ?? []),
    ...(request.method === "POST" ? [`Content-Length: ${Buffer.byteLength(body, "latin1")}`] : []),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function fill(text: string, random: Random): string {
  if (!text.includes("$")) return text;
  const word = () => Array.from({ length: random.integer(6, 12) }, () => LETTERS[random.integer(0, 61)]).join("");
  return text.replaceAll("$word", word).replaceAll("$number", () => String(random.integer(0, 9999)));
}
