/**
 * Vairogs: an edge shield for health services. This file wires the platform to the rooms; the way of a request stands
 * in shield.ts, what staff may change in rules.ts.
 */
import type { Env } from "./env.ts";
import { shield } from "./shield.ts";

export { ClientCounter } from "./counters/client-counter.ts";
export { Watch } from "./watch/watch.ts";

export default {
  fetch(request, env, ctx) {
    return shield(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
