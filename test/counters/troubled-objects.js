/** The real objects, which on demand throw or hang like those of a bad day. Modes are set by asking this Worker. */
import { ClientCounter as Counter } from "../../src/counters/client-counter.ts";

export { Watch } from "../../src/watch/watch.ts";

let mode = "well";
let exchanges = 0;

export class ClientCounter extends Counter {
  exchange(report) {
    exchanges++;
    if (mode === "throws") throw new Error("a bad day");
    if (mode === "overloaded")
      throw Object.assign(new Error("Durable Object is overloaded. Too many requests queued."), { overloaded: true });
    if (mode === "hangs") return new Promise(() => undefined);
    return super.exchange(report);
  }

  /** As an eviction or a deploy does it. */
  restart() {
    this.ctx.abort("restarted by a test");
  }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const shard = env.COUNTERS.getByName("s03");
    switch (pathname) {
      case "/mode":
        mode = searchParams.get("is");
        exchanges = 0;
        return new Response();
      case "/exchanges":
        return new Response(String(exchanges));
      case "/restart":
        await shard.restart().catch(() => undefined);
        return new Response();
      case "/grant": {
        // 20 at once, and another an hour: in a test none comes back.
        const figures = { emissionMs: 3_600_000, toleranceMs: 20 * 3_600_000 };
        const asked = { hi: 1, lo: Number(searchParams.get("key")), tokens: 1, ...figures };
        const grants = await Promise.all(Array.from({ length: 50 }, () => env.COUNTERS.getByName("s03").grant(asked)));
        return new Response(String(grants.reduce((sum, { tokens }) => sum + tokens, 0)));
      }
      default:
        return new Response(null, { status: 404 });
    }
  },
};
