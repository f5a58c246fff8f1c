/**
 * One Durable Object for each client, asked with every request: the platform's own rate-limiter example
 * (developers.cloudflare.com/durable-objects/examples/build-a-rate-limiter). With ROWS it also keeps a row of each request.
 */
import { DurableObject } from "cloudflare:workers";

const EMISSION_MS = 200;
const TOLERANCE_MS = 20_000;
let calls = 0;

export class Client extends DurableObject {
  #tat = 0;

  constructor(ctx, env) {
    super(ctx, env);
    if (env.ROWS === "1") ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS seen (at INTEGER NOT NULL)");
  }

  waitMs() {
    calls++;
    const now = Date.now();
    if (this.env.ROWS === "1") this.ctx.storage.sql.exec("INSERT INTO seen (at) VALUES (?)", now);
    const tat = Math.max(this.#tat, now) + EMISSION_MS;
    if (tat - TOLERANCE_MS > now) return tat - TOLERANCE_MS - now;
    this.#tat = tat;
    return 0;
  }
}

export default {
  async fetch(request, env) {
    if (env.ROLE === "objects") return Response.json({ all: calls, fromIsolates: calls });
    const address = request.headers.get("CF-Connecting-IP") ?? "";
    const waitMs = await env.CLIENTS.getByName(address).waitMs();
    if (waitMs > 0)
      return new Response(null, { status: 429, headers: { "Retry-After": String(Math.ceil(waitMs / 1000)) } });
    return env.ORIGIN_SERVICE.fetch(request);
  },
};
