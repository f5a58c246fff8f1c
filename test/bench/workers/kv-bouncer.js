/**
 * A list of banned addresses in KV, looked up with every request, in the style of CrowdSec's Worker. Somebody else finds out
 * whom to ban; here its best case: every address of the flood was on the list before the flood began.
 */
export default {
  async fetch(request, env) {
    if (env.ROLE === "fill") {
      for (const address of await request.json()) await env.BANS.put(address, "ban");
      return new Response(null, { status: 204 });
    }
    const decision = await env.BANS.get(request.headers.get("CF-Connecting-IP") ?? "");
    if (decision === "ban") return new Response(null, { status: 403 });
    return env.ORIGIN_SERVICE.fetch(request);
  },
};
