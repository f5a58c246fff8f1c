/** The origin ended a session: the pass that its bearer still held ends with it, here at once and elsewhere within 5 s. */
import { watchObject } from "./counters/shards.ts";
import type { Env } from "./env.ts";
import { readPass } from "./identity/pass.ts";
import type { Isolate } from "./isolate.ts";
import { inTime } from "./own-paths/call.ts";
import type { Facts } from "./request/facts.ts";

const TRIES = 3;
const PAUSE_MS = 1000;

/**
 * Only a pass that holds can be ended, and only once: whoever signs out a thousand times is told to nobody, and a flood of
 * sign-outs would have to sign in as often.
 */
export async function signOut(facts: Facts, { sealer, endedPasses }: Isolate, env: Env, ctx: ExecutionContext) {
  const now = Date.now();
  const pass = sealer && facts.cookies.pass !== "" ? await readPass(sealer, facts.cookies.pass, facts.host, now) : null;
  if (!pass || endedPasses.has(pass.principal, pass.issuedAt)) return;
  endedPasses.note(pass.principal, now);
  ctx.waitUntil(tellWatch(env, pass.principal));
}

async function tellWatch(env: Env, principal: string): Promise<void> {
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) await scheduler.wait(tried * PAUSE_MS);
    if (await inTime(watchObject(env).endPass(principal))) return;
  }
  console.warn({ event: "sign-out-not-told", remedy: "copies of that pass hold elsewhere until it ends by itself" });
}
