/** A Worker that does nothing but identify and forward: what is tested through it is `forward`, not any decision. */
import { forward } from "../../src/origin/forward.ts";
import { type OriginEnv, resolveDestination } from "../../src/origin/forward-destination.ts";
import { identify, isFault } from "../../src/request/identify.ts";
import { InFlight } from "./in-flight.ts";

interface BareEnv extends OriginEnv {
  readonly TIMEOUT_MS: string;
}

interface BareContext {
  waitUntil(work: Promise<unknown>): void;
}

const counter = new InFlight();

export default {
  async fetch(request: Request, env: BareEnv, ctx: BareContext): Promise<Response> {
    const facts = identify(request);
    if (isFault(facts)) return new Response(facts.code, { status: facts.status });
    if (facts.target === "/.lab/in-flight") return new Response(String(counter.count));
    // As in the shield, where an exchange may be under way: the invocation then outlives its client.
    const lingers = facts.target.includes("lingering");
    if (lingers) ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1500)));
    const destination = resolveDestination({ name: "lab", origin: undefined }, env);
    const envelope = {
      clientIp: facts.address.text,
      lane: "clinician",
      principal: "d0c",
      originKey: "the-key",
      timeoutMs: Number(env.TIMEOUT_MS),
      hasVouchRoute: true,
      lingers,
    } as const;
    const result = await forward(request, facts, destination, envelope, counter);
    switch (result.kind) {
      case "response": {
        if (result.vouch === null) return result.response;
        const told = new Response(result.response.body, result.response);
        told.headers.set("Lab-Vouch", result.vouch);
        return told;
      }
      case "fault":
        return new Response(result.fault.code, { status: result.fault.status });
      case "gone":
        return new Response(null, { status: 499 });
    }
  },
};
