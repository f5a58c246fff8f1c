/** Hands everything to the origin and back. */
export default {
  fetch(request, env) {
    return env.ORIGIN_SERVICE.fetch(request);
  },
};
