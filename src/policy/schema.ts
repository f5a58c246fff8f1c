/**
 * The words of the rule language, checked at run time: TypeScript checks them in an editor, but a deploy strips types
 * unread. Used by `npm run check` alone; the Worker never loads it.
 */
import * as v from "valibot";
import { LANES } from "../identity/identity.ts";
import { KINDS } from "../identity/kinds.ts";
import { IMPORTANCES } from "./tables.ts";
import { POSTURES } from "./verdict.ts";
import * as words from "./words.ts";
import { sentenceFor } from "./wrong-words.ts";

const { only, oneOf, text } = words;

const texts = oneOf(v.string());
const ASKERS = [
  "navigation",
  "frame",
  "script",
  "subresource",
  "prefetch",
  "preflight",
  "websocket",
  "program",
] as const;

const conditionParts = {
  host: v.optional(texts),
  path: v.optional(texts),
  route: v.optional(texts),
  method: v.optional(oneOf(v.pipe(v.string(), v.regex(/^[A-Z]+$/, "methods are written in capitals")))),
  lane: v.optional(oneOf(v.picklist(LANES))),
  asker: v.optional(oneOf(v.picklist(ASKERS))),
  country: v.optional(oneOf(v.pipe(v.string(), v.regex(/^[A-Z][A-Z0-9]$/, 'countries are two capitals, like "LV"')))),
  asn: v.optional(oneOf(v.pipe(v.number(), v.integer()))),
  network: v.optional(texts),
  userAgent: v.optional(texts),
  accept: v.optional(texts),
  contentType: v.optional(texts),
  referer: v.optional(texts),
  query: v.optional(texts),
};
/** `not` may hold a condition that holds another `not`, and so on. */
const Condition: v.GenericSchema = only({ ...conditionParts, not: v.optional(v.lazy(() => Condition)) });

const notice = { lv: text, en: text };
const forATime = { until: text, because: text };

const Route = only({
  name: text,
  path: oneOf(text),
  methods: v.optional(conditionParts.method),
  importance: v.picklist(IMPORTANCES),
  cost: v.optional(v.number()),
  usedBy: v.optional(v.picklist(["people", "machine"])),
  challenge: v.optional(v.picklist(["when-needed", "never"])),
  signIn: v.optional(v.picklist(["start", "return"])),
  vouches: v.optional(v.boolean()),
  cache: v.optional(only({ seconds: v.pipe(v.number(), v.minValue(1)), query: v.array(text) })),
  off: v.optional(only({ ...forATime, notice: only(notice) })),
  timeoutSeconds: v.optional(v.pipe(v.number(), v.minValue(1))),
});

const Site = only({
  name: text,
  hosts: v.pipe(v.array(text), v.minLength(1)),
  origin: v.optional(v.union([only({ url: text }), only({ binding: text })])),
  capacityPerSecond: v.number(),
  posture: v.optional(only({ is: v.picklist(POSTURES), ...forATime })),
  notice: v.optional(only({ ...notice, updated: text })),
  readableBy: v.optional(v.array(text)),
  routes: v.array(Route),
});

const Budget = only({
  name: text,
  per: v.picklist(["principal", "clearance", "transaction", "address", "prefix", "network", "facility"]),
  lanes: v.optional(conditionParts.lane),
  routes: v.optional(texts),
  transaction: v.optional(v.picklist(["with", "without"])),
  eachRoute: v.optional(v.boolean()),
  perMinute: v.number(),
  burst: v.number(),
  counts: v.optional(v.picklist(["requests", "cost"])),
  strict: v.optional(v.boolean()),
  then: v.picklist(["limit", "challenge"]),
});

const Rule = only({
  name: text,
  when: Condition,
  then: v.picklist(["allow", "challenge", "limit", "block", "observe"]),
  because: v.optional(v.string()),
});

const Facility = only({ name: text, networks: v.array(text), seats: v.number(), expires: text });

/** Each kind of proof says in its own file what may be written of it. */
const Proofs = only(
  Object.fromEntries(Object.entries(KINDS).map(([word, kind]) => [word, v.optional(kind.words(words))])),
);

const Rules = only({
  sites: v.array(Site),
  budgets: v.array(Budget),
  rules: v.array(Rule),
  facilities: v.array(Facility),
  proofs: v.optional(Proofs),
});

/** What is misspelt, each as a sentence with its place; empty when all words are known. */
export function misspellings(rules: unknown): readonly string[] {
  const result = v.safeParse(Rules, rules);
  if (result.success) return [];
  return result.issues.map((issue) => `src/rules.ts, ${placeOf(issue)}: ${sentenceFor(issue)}`);
}

const ONE_OF_MANY: Readonly<Record<string, string>> = {
  sites: "site",
  routes: "route",
  budgets: "budget",
  rules: "rule",
  facilities: "facility",
};

/** Where it stands, by the names that its author gave: `site "portal", route "search", importance`. */
function placeOf({ path }: v.BaseIssue<unknown>): string {
  const steps: string[] = [];
  for (const { key, value } of path ?? []) {
    const last = steps.at(-1);
    if (typeof key !== "number" || last === undefined) steps.push(String(key));
    else steps[steps.length - 1] = `${ONE_OF_MANY[last] ?? last} ${nameIn(value) ?? `no. ${key + 1}`}`;
  }
  return steps.join(", ");
}

function nameIn(value: unknown): string | null {
  const named = typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
  return named ? `"${value.name}"` : null;
}
