/**
 * Sign-in through an identity provider on another host, in the shape of SAML's POST binding: what matters to a shield is
 * that people come back with a cross-site POST whose body is lost if anything interrupts it.
 *
 * Accepted: the assertion is signed with a fixed key over its text, not with XML signatures.
 */
import { field, html, page } from "./page.ts";
import { putBounded } from "./records.ts";
import { identityProvider, isUser, welcome } from "./sign-in.ts";
import { publicOrigin, randomId, readForm, type Visit } from "./visit.ts";

const DEMO_KEY = "the demo identity provider signs with this";
const ASSERTION_MS = 5 * 60_000;
const USED_MAX = 50_000;

export function startLogin(visit: Visit): Response {
  const provider = identityProvider(visit.env);
  const query = new URLSearchParams({ return: `${publicOrigin(visit)}/saml/acs`, request: randomId() });
  return new Response(null, {
    status: 302,
    headers: { Location: `${provider}${provider.includes("?") ? "&" : "?"}${query}`, "Cache-Control": "no-store" },
  });
}

/** The provider's page: asks who it is, then shows the form that brings the answer back. */
export async function providerPage({ url }: Visit): Promise<Response> {
  const returnTo = url.searchParams.get("return") ?? "/saml/acs";
  const request = url.searchParams.get("request") ?? "";
  const user = url.searchParams.get("user") ?? "";
  // Sends people nowhere but to an assertion consumer: not to be an open redirect even in a demo.
  if (!/^(https?:\/\/[^/?#\s]+)?\/saml\/acs$/.test(returnTo)) return page("Nepareiza adrese", null, html``, 400);
  if (!isUser(user))
    return page(
      "Elektroniskā identitāte",
      null,
      html`<form action="/idp/login">
        <input type="hidden" name="return" value="${returnTo}"><input type="hidden" name="request" value="${request}">
        ${field("Lietotājvārds (dr… vai res…)", "user")} <button>Apliecināt</button></form>`,
    );
  const assertion = await assertionFor(user, request, Date.now());
  return page(
    "Elektroniskā identitāte",
    null,
    html`<form method="post" action="${returnTo}" id="saml">
        <input type="hidden" name="SAMLResponse" value="${assertion}">
        <input type="hidden" name="RelayState" value="${request}">
        <p>${user}</p> <button>Turpināt uz portālu</button></form>`,
  );
}

export async function consumeAssertion({ request, records }: Visit): Promise<Response> {
  const now = Date.now();
  const assertion = await readAssertion((await readForm(request)).get("SAMLResponse"));
  if (assertion === null) return refuse("Apliecinājums nav derīgs.");
  if (assertion.expiresAt < now) return refuse("Apliecinājumam beidzies termiņš.");
  if (records.usedAssertions.has(assertion.id)) return refuse("Apliecinājums jau izmantots.");
  putBounded(records.usedAssertions, assertion.id, assertion.expiresAt, USED_MAX);
  return welcome(assertion.user, records);
}

/** @param now ms. @returns what the form carries in `SAMLResponse`. */
export async function assertionFor(user: string, request: string, now: number): Promise<string> {
  const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_${randomId()}" InResponseTo="${request.replace(/\W/g, "")}"><Subject><NameID>${user}</NameID></Subject><Conditions NotOnOrAfter="${now + ASSERTION_MS}"/></samlp:Response>`;
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", await key("sign"), new TextEncoder().encode(xml)));
  return btoa(`${xml}\n${btoa(String.fromCharCode(...signature))}`);
}

async function readAssertion(encoded: string): Promise<{ id: string; user: string; expiresAt: number } | null> {
  try {
    const [xml = "", signature = ""] = atob(encoded).split("\n");
    const bytes = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
    const genuine = await crypto.subtle.verify("HMAC", await key("verify"), bytes, new TextEncoder().encode(xml));
    const [, id] = /ID="(_\w+)"/.exec(xml) ?? [];
    const [, user] = /<NameID>([^<]+)</.exec(xml) ?? [];
    const [, until] = /NotOnOrAfter="(\d+)"/.exec(xml) ?? [];
    if (!genuine || id === undefined || user === undefined || until === undefined) return null;
    return { id, user, expiresAt: Number(until) };
  } catch {
    // What is not even base64 is as wrong as a forged one.
    return null;
  }
}

function key(usage: "sign" | "verify"): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(DEMO_KEY);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [usage]);
}

function refuse(why: string): Response {
  return page("Neizdevās ienākt", null, html`<p class="error">${why} <a href="/login">Sākt no jauna</a></p>`, 400);
}
