/** GET /.shield/enter: opens a challenge page without the check, to whoever waited or was let in by the help desk. */
import type { Refusal } from "../answer/respondent.ts";
import { clearanceCookie } from "../challenge/clearance.ts";
import { enter, type NotYet, waitSecondsFor } from "../challenge/enter.ts";
import { issuanceCharge, WAITING } from "../challenge/issuance.ts";
import { networksOf } from "../challenge/network.ts";
import type { TicketLink } from "../challenge/ticket.ts";
import { GRANT_PATIENCE_MS } from "../counters/patience.ts";
import { facilityOf } from "../policy/compile.ts";
import type { Budget } from "../policy/policy.ts";
import { REASONS } from "../policy/reasons.ts";
import { spendIn } from "./challenge-context.ts";
import { grantShard } from "./grant.ts";
import type { OwnRequest, OwnRoute } from "./own-paths.ts";

const UNAVAILABLE = { kind: "closed", retryAfterS: 5 } as const;
/** A ticket, and a target of 512 characters of which each may take three. */
const QUERY_MAX_CHARS = 2_048;
/** Looking for a grant asks a Durable Object: not too often for one prefix. */
const ASKING: Budget = {
  ...WAITING,
  name: "asking for a grant",
  perMinute: 20,
  burst: 40,
  emissionMs: 3_000,
  toleranceMs: 120_000,
};

export const entryRoute: OwnRoute = { method: "GET", path: "/.shield/enter", handle: serveEntry };

async function serveEntry(asked: OwnRequest): Promise<Response> {
  const { facts, env, isolate, respond, prove, now } = asked;
  const { sealer, tally, policy } = isolate;
  const site = policy.siteOf.get(facts.host);
  const posture = site ? isolate.desk(site).posture(now) : "normal";
  if (!sealer) return respond.verdict(UNAVAILABLE, REASONS.entry, "unknown", posture);
  const { link, desk } = readQuery(facts.target);
  // Another site that sends people here could hand them its own ticket, and so its own budget.
  if (facts.site === "cross-site" || facts.site === "same-site") return goTo(`${facts.authority}/`);
  const seats = facilityOf(policy, facts.address, now)?.seats ?? 0;
  const waiting = issuanceCharge(WAITING, facts.address, seats);
  const asking = issuanceCharge(ASKING, facts.address, seats);
  const mayAsk = desk && tally.waitSeconds(asking, now) === 0;
  const entry = await enter(
    sealer,
    link,
    {
      host: facts.host,
      network: async () => (await networksOf(sealer, facts.address))[0] ?? "",
      waitS: waitSecondsFor(tally, waiting, posture, now),
      waiting: {
        get waitS() {
          return tally.waitSeconds(waiting, now);
        },
        note: () => tally.apply([waiting], now),
      },
      takeGrant: mayAsk
        ? ({ supportCode, id }) => {
            tally.apply([asking], now);
            const late = scheduler.wait(GRANT_PATIENCE_MS).then(() => false);
            return Promise.race([grantShard(env, supportCode).takeGrant(supportCode, id), late]);
          }
        : null,
      spend: spendIn(asked),
    },
    now,
  );
  switch (entry.kind) {
    case "cleared":
      return goTo(facts.authority + entry.target, clearanceCookie(entry.clearance));
    case "used":
      return goTo(facts.authority + entry.target);
    case "no-ticket":
      return goTo(`${facts.authority}/`);
    case "early":
    case "too-many":
    case "unavailable":
      // A reload of this address by whoever got in already, or once nobody is asked any more.
      if (!isolate.mayAsk(now) || (await prove()).lane !== "unknown") return goTo(facts.authority + entry.target);
      // Her page again: it opens by itself where no script runs, and has a code to read out where nothing else helps.
      return (
        respond.challengeAgain({ ...link, supportCode: entry.supportCode, waitS: entry.secondsLeft }) ??
        respond.verdict(refusalOf(entry), entry.kind === "too-many" ? WAITING.name : REASONS.entry, "unknown", posture)
      );
  }
}

/** For whoever reads no pages. */
function refusalOf({ kind, secondsLeft }: NotYet): Refusal {
  switch (kind) {
    case "early":
      return { kind: "limit", retryAfterS: secondsLeft, budget: null };
    case "too-many":
      return { kind: "limit", retryAfterS: secondsLeft, budget: WAITING };
    case "unavailable":
      return UNAVAILABLE;
  }
}

/** Always with our own authority in front: a target such as `//elsewhere` leads nowhere else. */
function goTo(url: string, cookie?: string): Response {
  const headers = new Headers({ Location: url, "Cache-Control": "no-store", "Referrer-Policy": "same-origin" });
  if (cookie !== undefined) headers.set("Set-Cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function readQuery(target: string): { readonly link: TicketLink; readonly desk: boolean } {
  const query = target.slice(target.indexOf("?") + 1);
  const said = new URLSearchParams(query.length > QUERY_MAX_CHARS ? "" : query);
  return {
    link: { ticket: said.get("ticket") ?? "", target: said.get("to") ?? "" },
    desk: said.get("desk") === "1",
  };
}
