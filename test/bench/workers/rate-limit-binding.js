/** The platform's Rate Limiting binding alone: counted by location, approximately. */
export default {
  async fetch(request, env) {
    const { success } = await env.LIMITER.limit({ key: request.headers.get("CF-Connecting-IP") ?? "" });
    if (!success) return new Response(null, { status: 429, headers: { "Retry-After": "60" } });
    return env.ORIGIN_SERVICE.fetch(request);
  },
};
