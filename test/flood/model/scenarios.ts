/** Floods at full size: the scenarios of the domain study (part A) that matter at scale, and those that try the counters. */
import type { MixedRequest, ModelScenario, SourceNetwork } from "./scenario.ts";

/** Hosting, residential and Latvian networks, by made-up numbers from the private range (RFC 6996). */
const HOSTING = { asn: 64_601, country: "NL" };
const ABROAD = { asn: 64_602, country: "BR" };
const CAMPUS = { asn: 64_603, country: "US" };
const LATVIAN = { asn: 64_604, country: "LV" };

function networks(hosting: number, abroad: number, campus = 0, latvian = 0): readonly SourceNetwork[] {
  return [
    { ...HOSTING, share: hosting },
    { ...ABROAD, share: abroad },
    { ...CAMPUS, share: campus },
    { ...LATVIAN, share: latvian },
  ].filter(({ share }) => share > 0);
}

const HOME_PAGE: MixedRequest = { method: "GET", path: "/", weight: 1, kind: "program" };
const FORM = { "Content-Type": "application/x-www-form-urlencoded" };
const SOAP = { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '"CreatePrescription"' };

/** Long enough for figures after the first 30 s. */
const TIMES = { calmS: 5, floodS: 45, afterS: 0 };
const STEP = [{ atS: 0, factor: 1 }];
const WORLD = { locations: 300, isolates: 5000, isolatesPerSource: 2, sourcesPerPrefix: 1 };
const PLAIN = { spread: 0, networks: networks(1, 0), shape: STEP, solves: false, people: false };

/** Controls and imitations of what really happened. */
const STORIES: readonly ModelScenario[] = [
  {
    ...WORLD,
    ...TIMES,
    name: "contract-2018",
    about: "the bought flood of January 2018: 2,500 servers, 10,000 requests/s at home page, portal and services",
    sources: 2500,
    ratePerSource: 4,
    spread: 0.5,
    networks: networks(60, 35, 5),
    shape: [
      { atS: 0, factor: 0 },
      { atS: 10, factor: 1 },
    ],
    mix: [
      { ...HOME_PAGE, weight: 50 },
      { method: "GET", path: "/app/prescriptions", weight: 15, kind: "program" },
      { method: "GET", path: "/app/patients", weight: 15, kind: "program" },
      { method: "POST", path: "/soap/prescription", weight: 20, kind: "program", headers: SOAP },
    ],
    solves: false,
    people: false,
  },
  {
    ...WORLD,
    ...TIMES,
    name: "ddosia-day",
    about: "20,000 volunteers' machines, 80,000 requests/s at search, sign-in and forms, from a list of targets",
    sources: 20_000,
    ratePerSource: 4,
    spread: 0.5,
    networks: networks(67, 28, 0, 5),
    shape: [
      { atS: 0, factor: 0 },
      { atS: 10, factor: 1 },
    ],
    mix: [
      { method: "GET", path: "/search?q=q7Rk2ma", weight: 23, kind: "program" },
      { method: "GET", path: "/api/autocomplete?q=q7Rk2ma", weight: 12, kind: "program" },
      {
        method: "POST",
        path: "/login/smartid",
        weight: 12,
        kind: "program",
        headers: { "Content-Type": "application/json" },
      },
      { method: "POST", path: "/password/forgot", weight: 8, kind: "program", headers: FORM },
      {
        method: "POST",
        path: "/contact",
        weight: 15,
        kind: "program",
        headers: { "Content-Type": "multipart/form-data; boundary=x" },
      },
      { method: "GET", path: "/news?page=4711", weight: 10, kind: "program" },
      { ...HOME_PAGE, weight: 20 },
    ],
    solves: false,
    people: false,
  },
  ...[false, true].map(
    (solves): ModelScenario => ({
      ...WORLD,
      ...TIMES,
      name: solves ? "residential-solving" : "residential",
      about: `40,000 homes, one request in ten seconds each, like browsers; they ${solves ? "solve" : "do not solve"} puzzles`,
      sources: 40_000,
      ratePerSource: 0.1,
      spread: 0.2,
      networks: networks(0, 95, 0, 5),
      shape: [
        { atS: 0, factor: 0 },
        { atS: 10, factor: 1 },
      ],
      mix: [
        { method: "GET", path: "/zivis", weight: 40, kind: "browser" },
        { method: "GET", path: "/search?q=zivis", weight: 40, kind: "browser" },
        { method: "GET", path: "/", weight: 20, kind: "browser" },
      ],
      solves,
      people: false,
    }),
  ),
  {
    ...WORLD,
    ...TIMES,
    name: "cache-buster",
    about: "2,000 servers, 40,000 requests/s with random queries, on and off as a square wave",
    sources: 2000,
    ratePerSource: 20,
    spread: 0,
    networks: networks(1, 0),
    shape: [0, 10, 20, 30, 40].flatMap((atS, i) => [
      { atS, factor: i % 2 === 0 ? 1 : 0 },
      { atS: atS + 9.999, factor: i % 2 === 0 ? 1 : 0 },
    ]),
    mix: [
      { method: "GET", path: "/?k3j=91x", weight: 50, kind: "browser-like" },
      { method: "GET", path: "/assets/app.js?91x", weight: 50, kind: "browser-like" },
    ],
    solves: false,
    people: false,
  },
  {
    ...WORLD,
    ...TIMES,
    name: "flash-crowd",
    about: "control: 20,000 people come to look at their results at once; none may be blocked",
    sources: 20_000,
    ratePerSource: 0.1,
    spread: 0.3,
    locations: 40,
    isolates: 700,
    networks: networks(0, 20, 0, 80),
    shape: [
      { atS: 0, factor: 0.1 },
      { atS: 30, factor: 1 },
    ],
    mix: [
      { method: "GET", path: "/", weight: 20, kind: "browser" },
      { method: "GET", path: "/search?q=rezultati", weight: 10, kind: "browser" },
      { method: "GET", path: "/login", weight: 10, kind: "browser" },
      { method: "GET", path: "/assets/app.js", weight: 60, kind: "browser" },
    ],
    solves: true,
    people: true,
  },
];

/** Not stories but strains: what melts counters. */
const STRAINS: readonly ModelScenario[] = [
  {
    ...PLAIN,
    ...TIMES,
    name: "one-address",
    about: "one address, 50,000 requests/s over 200 isolates in 2 locations",
    sources: 1,
    ratePerSource: 50_000,
    locations: 2,
    isolates: 200,
    isolatesPerSource: 200,
    sourcesPerPrefix: 1,
    mix: [HOME_PAGE],
  },
  {
    ...PLAIN,
    ...TIMES,
    name: "thin-address",
    about: "one address, 800 requests/s over 200 isolates: nowhere more than its budget allows",
    sources: 1,
    ratePerSource: 800,
    locations: 2,
    isolates: 200,
    isolatesPerSource: 200,
    sourcesPerPrefix: 1,
    mix: [HOME_PAGE],
  },
  {
    ...PLAIN,
    ...WORLD,
    calmS: 3,
    floodS: 20,
    afterS: 0,
    name: "everywhere",
    about: "100,000 sources at all 300 locations, 2,000,000 requests/s",
    sources: 100_000,
    ratePerSource: 20,
    mix: [HOME_PAGE],
  },
  {
    ...PLAIN,
    ...TIMES,
    name: "one-prefix",
    about: "250 addresses of one /24 try sign-in, 5,000 requests/s: each within its budget, their prefix is not",
    sources: 250,
    ratePerSource: 20,
    locations: 2,
    isolates: 200,
    isolatesPerSource: 8,
    sourcesPerPrefix: 250,
    mix: [{ method: "GET", path: "/login", weight: 1, kind: "program" }],
  },
];

export const MODEL_SCENARIOS: readonly ModelScenario[] = [...STORIES, ...STRAINS];
