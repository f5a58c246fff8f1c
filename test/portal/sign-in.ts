/** Sign-in with a password, sign-out, and who a cookie belongs to. */
import { field, html, page } from "./page.ts";
import { type Env, type Lane, putBounded, type Records, type SignedIn } from "./records.ts";
import { json, randomId, readBody, readForm, seeOther, type Visit } from "./visit.ts";

const COOKIE = "portal-session";
/** 12 hours: a shift. */
const SESSION_S = 43_200;
const SESSIONS_MAX = 50_000;
const USER = /^(dr|res)[.a-z0-9-]{1,40}$/;
const PASSWORD = "demo";
const SMART_ID_MAX_BYTES = 4096;

export function laneOf(user: string): Lane {
  return user.startsWith("dr") ? "clinician" : "resident";
}

export function isUser(user: string): boolean {
  return USER.test(user);
}

export function whoIs(request: Request, records: Records, now: number): SignedIn | null {
  const person = records.sessions.get(sessionIn(request));
  return person && person.expiresAt > now ? person : null;
}

/** Opens a session and tells the shield about it: it sees a name for the session, never the session's own secret. */
export function welcome(user: string, records: Records): Response {
  const session = randomId();
  const person: SignedIn = {
    user,
    lane: laneOf(user),
    vouchId: randomId(),
    expiresAt: Date.now() + SESSION_S * 1000,
  };
  putBounded(records.sessions, session, person, SESSIONS_MAX);
  return seeOther("/app/prescriptions", {
    "Set-Cookie": `${COOKIE}=${session}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${SESSION_S}`,
    "Shield-Vouch": `${person.vouchId}; ttl=${SESSION_S}; lane=${person.lane}`,
  });
}

export function loginForm({ person }: Visit): Response {
  return page(
    "Ienākt",
    person,
    html`<form method="post" action="/login/password">
        ${field("Lietotājvārds (dr… vai res…)", "user")}
        ${field("Parole (demo)", "password", { type: "password" })}
        <button>Ienākt</button></form>
      <p><a href="/login/start">Ienākt ar elektronisko identitāti</a></p>
      <form method="post" action="/password/forgot">${field("Aizmirsu paroli: e-pasts", "email", { type: "email" })}
        <button>Atjaunot</button></form>`,
  );
}

export async function loginWithPassword({ request, records }: Visit): Promise<Response> {
  const form = await readForm(request);
  const user = form.get("user");
  if (isUser(user) && form.get("password") === PASSWORD) return welcome(user, records);
  return page(
    "Neizdevās ienākt",
    null,
    html`<p class="error">Lietotājvārds vai parole nav pareiza. <a href="/login">Mēģināt vēlreiz</a></p>`,
    401,
  );
}

/** Each of these would light up a phone, whoever asked for it. */
export async function promptPhone({ request, records }: Visit): Promise<Response> {
  const idCode = stringIn(await readJson(request), "idCode");
  if (idCode === null || idCode === "" || idCode.length > 40) return json({ error: "idCode" }, 400);
  records.prompts += 1;
  return json({ state: "RUNNING", promptsSent: records.prompts }, 202);
}

export async function forgotPassword({ request, records }: Visit): Promise<Response> {
  await readForm(request);
  records.passwordResets += 1;
  return page("Pārbaudiet pastu", null, html`<p>Ja konts pastāv, nosūtījām norādes.</p>`);
}

export function logout({ request, records, person }: Visit): Response {
  records.sessions.delete(sessionIn(request));
  const headers: Record<string, string> = { "Set-Cookie": `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0` };
  if (person) headers["Shield-Vouch"] = `${person.vouchId}; ttl=0; lane=${person.lane}`;
  return seeOther("/", headers);
}

/** Where people sign in: the var's page, or the one on this host. */
export function identityProvider(env: Env): string {
  return env.IDP_URL || "/idp/login";
}

function sessionIn(request: Request): string {
  for (const pair of (request.headers.get("Cookie") ?? "").split(/[;,]/)) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === COOKIE && value) return value;
  }
  return "";
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await readBody(request, SMART_ID_MAX_BYTES)));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function stringIn(value: unknown, name: string): string | null {
  if (typeof value !== "object" || value === null) return null;
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof found === "string" ? found : null;
}
