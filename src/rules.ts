/**
 * The rules of the shield: the one file that security staff edit. Check with `npm run check`, send out with
 * `npm run deploy`. Every word that may be written here is explained in policy/language.ts; an editor shows it on hover.
 *
 * What stands here protects the demo portal that `npm start` runs.
 */
import { defineRules } from "./policy/language.ts";

export default defineRules({
  sites: [
    {
      name: "e-health portal",
      hosts: ["portal.example.lv", "localhost"],
      capacityPerSecond: 600,
      routes: [
        { name: "assets", path: "/assets/*", importance: "sheddable", cost: 0.2, cache: { seconds: 3600, query: [] } },

        // Prescriptions and sick leaves: what the country must not lose.
        {
          name: "prescriptions",
          path: ["/app/prescriptions", "/app/prescriptions/*"],
          importance: "critical",
          cost: 2,
        },
        { name: "sick leaves", path: "/app/sick-leaves*", importance: "critical", cost: 2 },
        { name: "prescription service", path: "/soap/*", importance: "critical", cost: 2, usedBy: "machine" },
        { name: "FHIR", path: "/fhir/*", importance: "high", usedBy: "machine", timeoutSeconds: 60 },

        // Sign-in. If it dies, doctors without a live session are locked out even when all else is well.
        {
          name: "return from sign-in",
          path: "/saml/acs",
          methods: "POST",
          importance: "critical",
          cost: 5,
          signIn: "return",
          vouches: true,
        },
        {
          name: "sign-in",
          path: ["/login", "/login/*"],
          importance: "critical",
          cost: 5,
          signIn: "start",
          vouches: true,
        },
        { name: "sign-out", path: "/logout", importance: "high", vouches: true },
        { name: "password reset", path: "/password/*", importance: "normal", cost: 5 },

        { name: "portal", path: "/app/*", importance: "high" },
        { name: "search", path: ["/search", "/api/autocomplete"], importance: "sheddable", cost: 4 },
        { name: "everything else", path: "*", importance: "normal" },
      ],
    },
    {
      name: "National Health Service",
      hosts: ["nvd.example.lv"],
      capacityPerSecond: 200,
      routes: [{ name: "public pages", path: "*", importance: "normal" }],
    },
  ],

  budgets: [
    { name: "one clinician", per: "principal", lanes: "clinician", perMinute: 600, burst: 100, then: "limit" },
    { name: "one system", per: "principal", lanes: "machine", perMinute: 1800, burst: 300, then: "limit" },
    { name: "one resident", per: "principal", lanes: "resident", perMinute: 240, burst: 60, then: "limit" },
    // By cost, as it is the origin's work that a clearance buys: who reads a page every five seconds takes 20 units a minute.
    // 120 requests a minute, 40 at once, as one would count requests, would be 480 units of searches: one puzzle, 24 people's work.
    { name: "one clearance", per: "clearance", perMinute: 30, burst: 60, counts: "cost", then: "limit" },
    { name: "one address", per: "address", perMinute: 300, burst: 100, then: "challenge" },
    // 30 requests a minute for each seat: multiplied by the facility's seats.
    { name: "one facility", per: "facility", perMinute: 30, burst: 30, then: "limit" },
    // The start of sign-in and password reset, so that the identity provider and people's telephones are asked for no more than
    // this. Strangers have one share of a network and whoever solved a puzzle another: a botnet inside a doctor's own provider
    // may use up the first, and she then works for a second and signs in from the second. What cannot be asked is told to wait.
    // Big providers have half the country behind them: some 200 people a minute at the start of a shift, three requests each.
    {
      name: "sign-in from one network",
      per: "network",
      lanes: "unknown",
      routes: ["sign-in", "password reset"],
      perMinute: 600,
      burst: 600,
      strict: true,
      then: "challenge",
    },
    {
      name: "sign-in from one network, cleared",
      per: "network",
      lanes: "cleared",
      routes: ["sign-in", "password reset"],
      perMinute: 600,
      burst: 600,
      strict: true,
      then: "limit",
    },
    // One prefix must not use up what all of its network has.
    {
      name: "sign-in from one prefix",
      per: "prefix",
      lanes: "unknown",
      routes: ["sign-in", "password reset"],
      perMinute: 60,
      burst: 60,
      strict: true,
      then: "challenge",
    },
    {
      name: "sign-in from one prefix, cleared",
      per: "prefix",
      lanes: "cleared",
      routes: ["sign-in", "password reset"],
      perMinute: 120,
      burst: 120,
      strict: true,
      then: "limit",
    },
    // People come back from the identity provider, once each; who did not begin here (the provider did) is held shorter.
    {
      name: "one return from sign-in",
      per: "transaction",
      routes: "return from sign-in",
      perMinute: 6,
      burst: 6,
      then: "limit",
    },
    {
      name: "returns to one prefix",
      per: "prefix",
      routes: "return from sign-in",
      transaction: "with",
      perMinute: 120,
      burst: 120,
      then: "limit",
    },
    {
      name: "returns that nobody began",
      per: "prefix",
      routes: "return from sign-in",
      transaction: "without",
      perMinute: 6,
      burst: 6,
      strict: true,
      then: "limit",
    },
    {
      name: "returns that nobody began, of one network",
      per: "network",
      lanes: ["unknown", "cleared"],
      routes: "return from sign-in",
      transaction: "without",
      perMinute: 120,
      burst: 60,
      strict: true,
      then: "limit",
    },
  ],

  rules: [
    {
      name: "reflected pingback",
      when: { userAgent: "wordpress/*" },
      then: "block",
      because:
        "A WordPress site that a third party made to attack us. No visitor and no practice software calls itself so.",
    },
    {
      name: "scripts of other systems",
      when: { path: ["*/xmlrpc.php", "*/wp-cron.php", "*/wp-login.php", "*/load-scripts.php"] },
      then: "block",
      because: "The portal has none of them.",
    },
    {
      name: "garbage at the return from sign-in",
      when: { route: "return from sign-in", not: { contentType: "application/x-www-form-urlencoded*" } },
      then: "block",
      because: "An identity provider returns people with a form.",
    },
  ],

  proofs: {
    // The demo's authority: in production the one that the agency uploaded to Cloudflare for this host.
    certificates: [
      {
        name: "practices, pharmacies and laboratories",
        site: "e-health portal",
        hosts: ["systems.example.lv"],
        issuers: ["CN=Demo Health CA,O=Example,C=LV"],
        lane: "machine",
        revokedSerials: ["00DEAD01"],
      },
    ],
    serviceKeys: { revoked: [] },
  },

  facilities: [{ name: "Demo hospital", networks: ["203.0.113.0/28"], seats: 400, expires: "2027-12-31" }],
});
