/** Sets the headers that the shield sets for a clinician, and takes the cookie, without a thought; else the bare proxy. */
export default {
  fetch(request, env) {
    const copy = new Request(request);
    const { headers } = copy;
    headers.delete("Cookie");
    headers.set("X-Forwarded-Proto", "https");
    headers.set("X-Forwarded-Host", "portal.example.lv");
    headers.set("Shield-Lane", "clinician");
    headers.set("X-Forwarded-For", "203.0.113.9");
    headers.set("Shield-Client-IP", "203.0.113.9");
    headers.set("Shield-Principal", "0123456789abcdef0123456789abcdef");
    headers.set("Shield-Origin-Key", "bench");
    return env.ORIGIN_SERVICE.fetch(copy);
  },
};
