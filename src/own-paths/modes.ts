/**
 * Operators' calls about manual modes. A posture for a time, back to automatic, a sheddable route off and on again. The watch
 * keeps them; every isolate with traffic hears of them with its next exchange, within 5 s.
 */
import * as v from "valibot";
import { watchObject } from "../counters/shards.ts";
import type { Env } from "../env.ts";
import { keyOf, type Mode } from "../policy/modes.ts";
import type { Site } from "../policy/policy.ts";
import { POSTURES } from "../policy/verdict.ts";
import type { OvershootView } from "../watch/overshoot.ts";
import { inTime, json, MINUTES_MAX, problem, read, timeOf, unanswered, words } from "./call.ts";
import { facilitiesShown } from "./facilities.ts";
import { nameInLog } from "./name-in-log.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

const frame = {
  site: words(100),
  /** For colleagues: why. */
  reason: words(300),
  minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MINUTES_MAX)),
};
const Notice = v.strictObject({ lv: words(500), en: words(500) });
const SetPosture = v.variant("posture", [
  v.strictObject({ posture: v.literal("automatic"), site: frame.site }),
  v.strictObject({ posture: v.picklist(POSTURES), ...frame, notice: v.optional(Notice) }),
]);
const SwitchRoute = v.variant("off", [
  v.strictObject({ off: v.literal(false), site: frame.site, route: words(100) }),
  v.strictObject({ off: v.literal(true), ...frame, route: words(100), notice: Notice }),
]);

export const modeRoutes: readonly OwnRoute[] = [
  { method: "GET", path: "/.shield/posture", operator: true, handle: showModes },
  { method: "POST", path: "/.shield/posture", operator: true, handle: setPosture },
  { method: "POST", path: "/.shield/routes", operator: true, handle: switchRoute },
];

/**
 * What holds at each site, why, until when and by whom; what would hold by itself; what is switched off; what its origin got
 * beyond what it bears; who is registered; how counting goes.
 */
async function showModes(asked: OwnRequest): Promise<Response> {
  const { env, isolate, now } = asked;
  const overshoot = await inTime(watchObject(env).overshoot());
  const sites = await Promise.all(
    isolate.policy.sites.map(async (site) => {
      const desk = isolate.desk(site);
      const set = await inTime(watchObject(env).modesOf(site.name));
      if (set) desk.setModes(set);
      const modes = desk.modes(now);
      const manual = modes.find(({ kind }) => kind === "posture");
      const automatic = desk.automatic(now);
      return {
        site: site.name,
        posture: desk.posture(now),
        because: manual?.reason ?? automatic.because,
        by: manual?.by ?? "the shield",
        until: manual ? timeOf(manual.until) : null,
        automatic,
        overdrawn: overshoot && overdrawnAt(site, overshoot),
        switchedOff: modes.flatMap((mode) =>
          mode.kind === "off"
            ? [{ route: mode.route, because: mode.reason, by: mode.by, until: timeOf(mode.until), notice: mode.notice }]
            : [],
        ),
        // When the watch does not answer, this is what one edge knows.
        known: set ? "by all" : "here",
      };
    }),
  );
  return json(200, { sites, facilities: await facilitiesShown(asked), counters: await showCounters(env, isolate) });
}

/** Critical requests of proven clients that waited in vain for room and went all the same, cost units since the watch began. */
function overdrawnAt({ name }: Site, views: readonly OvershootView[]) {
  const view = views.find(({ site }) => site === name);
  return { units: view?.units ?? 0, last: view ? timeOf(view.lastToldAt) : null };
}

/** Whether all edges count together: this one now, and for how long others did not; null when the watch does not answer. */
async function showCounters(env: Env, { exchange }: OwnRequest["isolate"]) {
  const loneliness = await inTime(watchObject(env).loneliness());
  return {
    here: exchange.alone ?? "together",
    edgesAlone: loneliness && {
      seconds: Math.round(loneliness.ms / 1000),
      last: loneliness.lastToldAt === null ? null : timeOf(loneliness.lastToldAt),
      since: timeOf(loneliness.since),
    },
  };
}

async function setPosture(asked: OwnRequest): Promise<Response> {
  const body = await read(asked.request, SetPosture);
  if ("problem" in body) return body.problem;
  const { said } = body;
  const site = siteNamed(said.site, asked);
  if (!site) return noSuchSite(said.site, asked);
  if (said.posture === "automatic") return endMode(site, "posture", asked);
  const { posture, notice = null } = said;
  return setMode(site, { ...frameOf(said, asked), kind: "posture", posture, notice }, asked);
}

async function switchRoute(asked: OwnRequest): Promise<Response> {
  const body = await read(asked.request, SwitchRoute);
  if ("problem" in body) return body.problem;
  const { said } = body;
  const site = siteNamed(said.site, asked);
  if (!site) return noSuchSite(said.site, asked);
  const route = site.routes.find(({ name }) => name === said.route);
  const sheddable = site.routes.filter(({ importance }) => importance === "sheddable").map(({ name }) => name);
  if (route?.importance !== "sheddable")
    return problem(
      422,
      `"${said.route}" cannot be switched off: only what is sheddable can. At this site: ${sheddable.join(", ") || "nothing"}.`,
    );
  if (!said.off) return endMode(site, `off ${route.name}`, asked);
  return setMode(site, { ...frameOf(said, asked), kind: "off", route: route.name, notice: said.notice }, asked);
}

async function setMode(site: Site, mode: Mode, { env, isolate, operator, now }: OwnRequest): Promise<Response> {
  const set = await inTime(watchObject(env).setMode(site.name, mode));
  if (set === null) return unanswered();
  if (!set) return problem(409, "Too many modes are set already: end one first.");
  const by = await nameInLog(isolate.sealer, operator);
  console.warn({ event: "mode-set", site: site.name, mode: keyOf(mode), by, until: timeOf(mode.until) });
  await tellThisEdge(site, env, isolate);
  return json(200, { site: site.name, mode: keyOf(mode), since: timeOf(now), until: timeOf(mode.until), by: mode.by });
}

async function endMode(site: Site, key: string, { env, isolate, operator }: OwnRequest): Promise<Response> {
  if (
    (await inTime(
      watchObject(env)
        .endMode(site.name, key)
        .then(() => true),
    )) === null
  )
    return unanswered();
  console.warn({ event: "mode-ended", site: site.name, mode: key, by: await nameInLog(isolate.sealer, operator) });
  await tellThisEdge(site, env, isolate);
  const file = site.modes.some((mode) => keyOf(mode) === key);
  const note = file ? { note: "src/rules.ts sets the same: that holds again until its own time." } : {};
  return json(200, { site: site.name, ended: key, ...note });
}

/** The edge that was asked knows at once; the others with their next exchange. */
async function tellThisEdge(site: Site, env: Env, isolate: OwnRequest["isolate"]): Promise<void> {
  const set = await inTime(watchObject(env).modesOf(site.name));
  if (set) isolate.desk(site).setModes(set);
}

function frameOf({ reason, minutes }: { reason: string; minutes: number }, { operator, now }: OwnRequest) {
  return { reason, by: operator ?? "an operator", since: now, until: now + minutes * 60_000 };
}

function siteNamed(name: string, { isolate: { policy } }: OwnRequest): Site | undefined {
  return policy.sites.find((site) => site.name === name) ?? policy.siteOf.get(name.toLowerCase());
}

function noSuchSite(name: string, { isolate: { policy } }: OwnRequest): Response {
  return problem(422, `There is no site "${name}". Known: ${policy.sites.map((site) => site.name).join(", ")}.`);
}
