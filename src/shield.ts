/**
 * The way of a request: identify → prove → decide → admit → forward, or answer. Everything that decides is pure and
 * elsewhere; here the pieces are put together, charges are applied, and every failure is given its chosen outcome.
 */
import { type Refusal, Respondent } from "./answer/respondent.ts";
import { randomId } from "./bytes.ts";
import { SentForms } from "./counters/sent-forms.ts";
import { spendStrictly, spendsStrictly } from "./counters/spend-strictly.ts";
import type { Desk } from "./desk.ts";
import type { Env } from "./env.ts";
import type { Identity } from "./identity/identity.ts";
import { prove } from "./identity/prove.ts";
import { awakeIsolate, type Isolate, isolateFor } from "./isolate.ts";
import { carriageFor, keepInTouch } from "./keep-in-touch.ts";
import { type Asking, admit } from "./origin/admit.ts";
import { askAndAgain } from "./origin/ask-again.ts";
import { askOrigin, keptAnswer } from "./origin/ask-origin.ts";
import { bringTicket } from "./origin/bring-ticket.ts";
import { noteOwnFailure, undecided, worstCase } from "./own-failure.ts";
import { isAdminHost } from "./own-paths/operator.ts";
import { isOwnPath, serveOwnPath } from "./own-paths/own-paths.ts";
import { beyond, decide, routeOf } from "./policy/decide.ts";
import { FAILURES } from "./policy/failures.ts";
import { hasHadMuch } from "./policy/in-use.ts";
import { REASONS } from "./policy/reasons.ts";
import { givenBackUnserved } from "./policy/unserved.ts";
import type { Decision } from "./policy/verdict.ts";
import { priceOfWait } from "./policy/wait-to-sign-in.ts";
import { refusedBefore } from "./refused-before.ts";
import type { Facts, Fault } from "./request/facts.ts";
import { identify, isFault } from "./request/identify.ts";
import type { FormInHand } from "./resend/form-in-hand.ts";
import { neverReached } from "./resend/never-reached.ts";
import { knownUntilMs } from "./resend/seal-form.ts";
import { takeForm } from "./resend/take-back.ts";
import { signOut } from "./sign-out.ts";
import { reloadSeconds } from "./waiting/line.ts";
import { keepPlace, type Stander, standerOf, turnTold } from "./waiting/stand-in-line.ts";

/** What waiting clients are told; the answer adds jitter. */
const NO_ROOM = { kind: "wait", retryAfterS: 20 } as const;
const OUR_FAULT = { kind: "closed", retryAfterS: 10 } as const;

/** One request on its way, and how far it has come: what a failure half way must know. */
interface Visit {
  /** What a form that came back was when it was first sent. */
  request: Request;
  facts: Facts;
  readonly env: Env;
  readonly ctx: ExecutionContext;
  readonly isolate: Isolate;
  readonly desk: Desk;
  /** Made for an answer of ours: most are the origin's. */
  readonly respond: () => Respondent;
  /** What she is posting, as far as it can be given back to her. */
  form: FormInHand | null;
  identity: Identity | null;
  decision: Decision | null;
  /** Whether the origin was asked: a body can be sent only once. */
  asked: boolean;
  /** Whether something hangs on the invocation that goes on when she has left. */
  lingers: boolean;
}

/** Never rejects: whatever goes wrong has an outcome. */
export function shield(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
  return refusedBefore(request, env, ctx) ?? serve(request, env, ctx).catch(worstCase);
}

async function serve(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const isolate = awakeIsolate() ?? (await isolateFor(env));
  const facts = identify(request);
  const respond = (): Respondent => new Respondent(facts, isolate, env);
  if (isFault(facts)) return respond().fault(facts);
  const site = isolate.policy.siteOf.get(facts.host);
  if (isOwnPath(facts) && (site || isAdminHost(facts.host, env))) {
    keepInTouch(isolate, env, ctx, Date.now());
    return ownPath(request, facts, env, ctx, isolate, respond());
  }
  if (!site) return respond().fault({ status: 400, code: "unknown-host" });

  const lingers = keepInTouch(isolate, env, ctx, Date.now());
  const desk = isolate.desk(site);
  const visit: Visit = {
    request,
    facts,
    env,
    ctx,
    isolate,
    desk,
    respond,
    form: null,
    identity: null,
    decision: null,
    asked: false,
    lingers,
  };
  try {
    return await pass(visit);
  } catch (error) {
    noteOwnFailure(error);
    return await afterOwnFailure(visit);
  }
}

/** Whatever fails here was about the shield, not about the origin: nothing may be forwarded in its place. */
async function ownPath(
  request: Request,
  facts: Facts,
  env: Env,
  ctx: ExecutionContext,
  isolate: Isolate,
  respond: Respondent,
): Promise<Response> {
  try {
    return await serveOwnPath(request, facts, isolate, env, respond, (work) => ctx.waitUntil(work));
  } catch (error) {
    noteOwnFailure(error);
    return respond.verdict(OUR_FAULT, REASONS.ownFailure, "unknown", "normal");
  }
}

async function pass(visit: Visit): Promise<Response> {
  const { isolate, desk, respond } = visit;
  const now = Date.now();
  const posture = desk.posture(now);
  const proving = prove(visit.facts, isolate, now, {
    later: (work) => {
      visit.lingers = true;
      visit.ctx.waitUntil(work);
    },
    attempts: isolate.attempts,
  });
  const identity = proving instanceof Promise ? await proving : proving;
  visit.identity = identity;
  noteCompany(isolate, visit.facts, identity, now);
  const taking = takeForm(isolate, visit.request, visit.facts, identity, now);
  const taken = taking instanceof Promise ? await taking : taking;
  if (taken.kind === "refused") return respond().fault(taken.fault);
  if (taken.kind === "busy") return respond().verdict(NO_ROOM, REASONS.formsAtOnce, identity.lane, posture);
  const { facts } = taken;
  Object.assign(visit, { request: taken.request, facts, form: taken.form });
  const decision = decide(
    facts,
    identity,
    desk.site,
    isolate.policy,
    isolate.tally,
    { posture, switchedOff: desk.switchedOff, onset: desk.onset(now), bans: isolate.bans },
    now,
  );
  visit.decision = decision;
  isolate.tally.apply(decision.charges, now);

  desk.noteAsker(identity.lane, facts.asker);
  if (identity.principal === null) desk.facilities.note(identity);

  const { verdict } = decision;
  // Where nobody could answer nobody is asked for anything: only limits remain.
  const unasked = verdict.kind === "challenge" && !isolate.mayAsk(now);
  if (verdict.kind !== "allow" && !unasked) {
    desk.noteTurnedAway(decision.route.cost);
    // Whoever proved something else as well is told what became of that: her clock is not why she is turned away.
    const onlyItsClock = identity.refusal?.why === "clock" && identity.lane === "unknown";
    if (onlyItsClock && verdict.kind !== "block") return respond().wrongClock(now);
    const { standsUntil: untilMs, route } = decision;
    if (untilMs !== null && verdict.kind === "limit" && verdict.budget) {
      const supportCode = respond().supportCode(verdict.kind, decision.reason, identity.lane, posture);
      const from = { facility: identity.facility, lapsed: identity.lapsed };
      const refusal = { budget: verdict.budget, untilMs, supportCode, last: null, desk, cost: route.cost, from };
      isolate.refusals.note(facts.address.text, refusal, now);
    }
    return turnAway(visit, verdict, decision.reason, identity);
  }
  const unanswered = FAILURES.shards[identity.lane][decision.route.importance];
  const carriage = () => carriageFor(isolate, visit.env, (work) => visit.ctx.waitUntil(work));
  const spending = spendsStrictly(decision.charges)
    ? await spendStrictly(decision.charges, isolate.purses, carriage(), unanswered)
    : null;
  if (spending?.kind === "refused") {
    desk.noteTurnedAway(decision.route.cost);
    giveBackUnserved(visit, decision);
    const { budget, retryAfterS } = spending;
    const refusal = isolate.sealer
      ? beyond(budget, retryAfterS, facts, decision.route)
      : ({ kind: "limit", retryAfterS, budget } as const);
    return turnAway(visit, refusal, budget.name, identity);
  }
  const keeping = keptAnswer(visit.request, facts, decision.route);
  const kept = keeping && (await keeping);
  if (kept) return kept;
  const hadMuch = posture !== "normal" && hasHadMuch(identity.lane, decision.charges, isolate.tally, now);
  const standing = standerOf(facts, identity, decision, hadMuch, desk, isolate.sealer, now);
  const stander = standing && (await standing);
  if (stander && stander.turn.kind !== "now") {
    spending?.giveBack();
    giveBackUnserved(visit, decision);
    desk.notePostponed(decision.route.cost);
    return waitInLine(visit, identity, decision, stander);
  }
  if (hadMuch) desk.notePostponed(decision.route.cost);
  else desk.noteWanted(decision.serviceClass, decision.route.cost);
  const asking = askingOf(visit, identity, decision, hadMuch);
  const entering = admit(desk, asking, (ms) => scheduler.wait(ms), Date.now);
  const room = entering instanceof Promise ? await entering : entering;
  if (stander) desk.lines.noteTry(decision.serviceClass, room !== "none");
  switch (room) {
    case "gone":
      spending?.giveBack();
      return new Response(null, { status: 499 }); // nobody is there to read it
    case "none":
      spending?.giveBack();
      giveBackUnserved(visit, decision);
      if (stander) return waitInLine(visit, identity, decision, stander);
      return turnAway(visit, NO_ROOM, REASONS.noRoom, identity);
    case "room":
    case "overdrawn":
      desk.noteSent(decision.serviceClass, decision.route.cost, room === "overdrawn");
      return forwarded(visit, identity, decision);
  }
}

function askingOf(visit: Visit, identity: Identity, decision: Decision, hasHadMuch: boolean): Asking {
  const { facts, request, isolate } = visit;
  const { lane, principal } = identity;
  const mayWaitToSignIn = () => {
    const now = Date.now();
    const price = priceOfWait(facts, identity, decision, isolate.tally, now);
    if (price) isolate.tally.apply(price, now);
    return price !== null;
  };
  const what = `${facts.method} ${facts.target}`;
  return { decision, lane, principal, hasHadMuch, mayWaitToSignIn, request: what, gone: request.signal };
}

/** Proven people make room for those behind the same address who have yet to sign in. */
function noteCompany({ tally }: Isolate, { address, network }: Facts, identity: Identity, now: number): void {
  const { lane, principal, facility } = identity;
  const isPerson = lane === "clinician" || lane === "resident";
  if (principal !== null && isPerson && facility === null && network.worker === "")
    tally.notePerson(principal, address, now);
}

/** It was let pass, and is told to wait or refused all the same. */
function giveBackUnserved({ isolate }: Visit, { charges }: Decision): void {
  isolate.tally.giveBack(givenBackUnserved(charges));
}

/** The waiting page, with her place for the way. */
async function waitInLine(
  { facts, isolate: { sealer }, desk, respond }: Visit,
  identity: Identity,
  decision: Decision,
  stander: Stander,
): Promise<Response> {
  const now = Date.now();
  // Where there is no line yet, there may be room in a moment, or the shield on guard: she looks again as if it were her turn.
  const verdict = { kind: "wait", retryAfterS: reloadSeconds(stander.turn), turn: turnTold(stander) } as const;
  const page = respond().verdict(verdict, REASONS.inLine, identity.lane, desk.posture(now));
  if (sealer) page.headers.append("Set-Cookie", await keepPlace(stander, facts, identity, decision, desk, sealer, now));
  return page;
}

/** Tells her why not now; what she sent goes back to her with the page, unless it is not wanted at all. */
async function turnAway(visit: Visit, verdict: Refusal, reason: string, identity: Identity): Promise<Response> {
  const { form, respond, desk } = visit;
  const now = Date.now();
  const carried = form && verdict.kind !== "block" ? await form.carry(identity, now) : null;
  if (!carried) form?.done();
  return respond().verdict(verdict, reason, identity.lane, desk.posture(now), carried);
}

/**
 * From here on tokens of strict budgets stay spent, whatever comes of it: nobody knows what the origin has seen of a request that
 * it did not answer, and one that may have begun a sign-in must count as one.
 */
async function forwarded(visit: Visit, identity: Identity, decision: Decision): Promise<Response> {
  const { facts, env, ctx, isolate, desk, respond, form } = visit;
  visit.asked = true;
  const attempt = form?.returned ? randomId() : "";
  if (form?.returned) {
    const mark = await new SentForms(env, ctx).mark(form.returned, knownUntilMs(form.returned), attempt);
    if (mark.kind === "unavailable") {
      form.wasInVain(attempt);
      giveBackUnserved(visit, decision);
      return turnAway(visit, NO_ROOM, REASONS.sentOrNot, identity);
    }
    if (mark.kind === "sent-before") {
      form.done();
      return respond().fault({ status: 400, code: "already-sent", sentAtMs: mark.atMs });
    }
  }
  const request = form?.forOrigin() ?? visit.request;
  const { lingers } = visit;
  const goodbye = () => signOut(facts, isolate, env, ctx);
  const errand = { request, facts, identity, decision, desk, sealer: isolate.sealer, signOut: goodbye, lingers };
  const asking = askAndAgain(
    {
      ...{ desk, facts, who: identity },
      asking: () => askingOf(visit, identity, decision, false),
      ask: () => askOrigin(errand, env, ctx),
    },
    (ms) => scheduler.wait(ms),
    Date.now,
  );
  // It is marked as sent: so it is sent to the end, also when she leaves meanwhile.
  if (form?.returned) ctx.waitUntil(asking);
  const answer = await asking;
  const unreached = form && neverReached(answer, form);
  if (form && unreached) return givenBack(visit, form, attempt, unreached, identity);
  form?.done();
  switch (answer.kind) {
    case "response":
      // In calm a page brings a ticket: its form is taken even if strangers are challenged by then.
      if (desk.posture(Date.now()) !== "normal") return answer.response;
      return bringTicket(answer.response, facts, identity, isolate, () => desk.noteNewcomer(identity.lane));
    case "fault":
      return answer.fault.status < 500 || FAILURES.origin[identity.lane][decision.route.importance] === "fault"
        ? respond().fault(answer.fault)
        : respond().verdict(OUR_FAULT, REASONS.ownFailure, identity.lane, desk.posture(Date.now()));
    case "gone":
      return new Response(null, { status: 499 }); // nobody is there to read it
  }
}

/** The origin never had it: it may be sent again, and goes back to her with the page that says so. */
async function givenBack(
  visit: Visit,
  form: FormInHand,
  attempt: string,
  fault: Fault,
  identity: Identity,
): Promise<Response> {
  const { env, ctx } = visit;
  if (form.returned) {
    form.wasInVain(attempt);
    // For the pages before this one, which may be open in another tab.
    ctx.waitUntil(new SentForms(env, ctx).unmark(form.returned, attempt));
  }
  const carried = await form.carry(identity, Date.now());
  if (!carried) form.done();
  return visit.respond().fault(fault, carried);
}

/** Our own exception: the table says who gets through all the same. */
async function afterOwnFailure(visit: Visit): Promise<Response> {
  const { identity, desk, respond, facts } = visit;
  const lane = identity?.lane ?? "unknown";
  // What was decided against her stays so: a failure on the way to tell her is no way in.
  const refused = visit.decision !== null && visit.decision.verdict.kind !== "allow";
  if (identity && !refused && !visit.asked) {
    try {
      const decision = visit.decision ?? undecided(routeOf(desk.site, facts), identity);
      if (FAILURES.shield[lane][decision.route.importance] === "forward")
        return await forwarded(visit, identity, decision);
    } catch (error) {
      noteOwnFailure(error);
    }
  }
  const { form, asked } = visit;
  const carried = identity && form && !asked ? await form.carry(identity, Date.now()).catch(() => null) : null;
  return respond().verdict(OUR_FAULT, REASONS.ownFailure, lane, desk.posture(Date.now()), carried);
}
