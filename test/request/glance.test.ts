/** A refused program is answered by a glance. Whatever it says must be what the whole look would have found. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_COOKIES } from "../../src/request/cookies.ts";
import { CREDENTIAL_HEADERS } from "../../src/request/credentials.ts";
import { glance as glanceAt } from "../../src/request/glance.ts";
import { factsOf, incoming, NAVIGATION, type Sent } from "./requests.ts";

const header = <const T extends string>(name: string, ...values: readonly T[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined }).map((value) => [name, value] as const);

const anyHeaders = fc
  .tuple(
    header("Accept", "*/*", "text/html,*/*;q=0.8", "application/fhir+json", "application/json"),
    header("Accept-Language", "lv", "en", "en;q=0.5,lv", "de"),
    header("Authorization", "Bearer x"),
    header("Content-Type", "text/xml", "application/soap+xml; charset=utf-8", "application/fhir+json"),
    header("Cookie", "a=b", "__Host-shield-pass=x", "a=b; __Host-shield-clearance=y"),
    header("Origin", "https://other.example.lv", "null"),
    header("Sec-Fetch-Dest", "document", "empty", "image", "iframe"),
    header("Sec-Fetch-Mode", "navigate", "cors", "no-cors", "websocket", "nonsense"),
    header("Sec-Purpose", "prefetch"),
    header("SOAPAction", "", '"urn:x"'),
    header("Upgrade-Insecure-Requests", "1"),
  )
  .map((pairs) => Object.fromEntries(pairs.filter(([, value]) => value !== undefined)) as Record<string, string>);

const CERTIFICATE = { tlsClientAuth: { certPresented: "1" } };
const SYSTEMS = "https://systems.example.lv";
const glance = (request: Parameters<typeof glanceAt>[0]) => glanceAt(request, ["systems.example.lv"]);

/** As a browser sends it: always with a language. */
const fromBrowser = (headers: Record<string, string>): boolean => "Accept-Language" in headers;
const claimsToBeOne = (headers: Record<string, string>): boolean =>
  ["Sec-Fetch-Mode", "Upgrade-Insecure-Requests", "Origin"].some((name) => name in headers);

describe("a glance", () => {
  it("finds what identify finds, or leaves it to the whole way", () => {
    fc.assert(
      fc.property(
        anyHeaders,
        fc.constantFrom("GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE"),
        fc.constantFrom("/", "/app/x?y=1", "/.shield/puzzle"),
        (headers, method, path) => {
          fc.pre(fromBrowser(headers) || !claimsToBeOne(headers));
          const sent: Sent = { method, url: `https://portal.example.lv${path}`, headers };
          const seen = glance(incoming(sent));
          if (seen === null) return;
          const facts = factsOf(sent);
          expect(seen).toEqual({ method: facts.method, format: facts.format, language: facts.language });
          expect(facts).toMatchObject({ asker: "program", cookies: NO_COOKIES });
          expect(facts.headers.origin).toBe("");
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each<[string, Sent]>([
    ["a person", { headers: { ...NAVIGATION, "Accept-Language": "lv" } }],
    [
      "a person with an old browser",
      {
        headers: { Accept: "text/html", "Accept-Language": "lv", "Upgrade-Insecure-Requests": "1" },
      },
    ],
    ["the bearer of a cookie of ours", { headers: { Cookie: "x=y; __Host-shield-pass=z" } }],
    ["the bearer of a certificate", { url: `${SYSTEMS}/soap/x`, cf: CERTIFICATE }],
    ["the same, however the host is spelt", { url: "https://Systems.Example.LV:8443/", cf: CERTIFICATE }],
    ["a script of another site", { headers: { "Accept-Language": "lv", Origin: "https://other.example.lv" } }],
    ["our own paths", { url: "https://portal.example.lv/.shield/puzzle" }],
  ])("leaves %s to the whole way", (_, sent) => expect(glance(incoming(sent))).toBeNull());

  it.each(Object.entries(CREDENTIAL_HEADERS))(
    "leaves whoever brings %s to the whole way, where identify reads it",
    (name, { header, mostCharacters }) => {
      const sent = { headers: { [header]: "x".repeat(mostCharacters + 1) } };
      expect(glance(incoming(sent))).toBeNull();
      expect(factsOf(sent).credentials).toMatchObject({ [name]: "x".repeat(mostCharacters) });
    },
  );

  it.each<[string, Sent]>([
    ["cookies of others", { headers: { Cookie: "session=1" } }],
    ["a certificate where none is heard", { url: `https://portal.example.lv/?x=${SYSTEMS}`, cf: CERTIFICATE }],
    ["who presents none where one would be", { url: `${SYSTEMS}/soap/x` }],
  ])("does not mind %s", (_, sent) =>
    expect(glance(incoming(sent))).toMatchObject({ format: "problem", language: "lv" }),
  );
});
