/** An origin that costs as little as an origin can, and vouches for whoever signs in. */
const VOUCH = { "Shield-Vouch": "bench-session-of-one-doctor; ttl=43200; lane=clinician" };

export default {
  fetch(request) {
    const signsIn = request.url.endsWith("/login");
    return new Response("ok", { headers: signsIn ? VOUCH : {} });
  },
};
