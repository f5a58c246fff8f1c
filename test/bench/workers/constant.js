/** One answer for everybody: status, headers and body that the shield gave a denied client. As one would write it. */
let made;

export default {
  fetch(_request, env) {
    made ??= { body: env.BODY === "" ? null : env.BODY, headers: new Headers(JSON.parse(env.HEADERS)) };
    return new Response(made.body, { status: Number(env.STATUS), headers: made.headers });
  },
};
