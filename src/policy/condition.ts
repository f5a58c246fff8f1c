/** Compiles a rule's `when` into one function. All parts must hold (AND), any value of a list suffices (OR). */
import { inNetwork, parseNetwork } from "../request/address.ts";
import { anyGlob } from "./glob.ts";
import type { Condition, OneOf } from "./language.ts";
import type { Subject } from "./policy.ts";

type Test = (subject: Subject) => boolean;

/** @throws {Error} with a sentence for staff when a value cannot be understood. */
export function compileCondition(condition: Condition): Test {
  const tests: Test[] = [];
  const text = (patterns: OneOf<string> | undefined, read: (subject: Subject) => string) => {
    if (patterns === undefined) return;
    const matches = anyGlob(list(patterns));
    tests.push((subject) => matches(read(subject).toLowerCase()));
  };
  const oneOf = <T>(values: OneOf<T> | undefined, read: (subject: Subject) => T) => {
    if (values === undefined) return;
    const set: ReadonlySet<T> = new Set(list(values));
    tests.push((subject) => set.has(read(subject)));
  };

  oneOf(condition.lane, ({ lane }) => lane);
  oneOf(condition.asker, ({ facts }) => facts.asker);
  oneOf(condition.asn, ({ facts }) => facts.network.asn);
  oneOf(condition.country, ({ facts }) => facts.network.country);
  oneOf(condition.route, ({ route }) => route.name);
  oneOf(condition.method, ({ facts }) => facts.method);
  text(condition.host, ({ facts }) => facts.host);
  text(condition.path, ({ facts }) => facts.path.canonical);
  text(condition.query, ({ facts }) => queryOf(facts.target));
  text(condition.userAgent, ({ facts }) => facts.headers.userAgent);
  text(condition.accept, ({ facts }) => facts.headers.accept);
  text(condition.contentType, ({ facts }) => facts.headers.contentType);
  text(condition.referer, ({ facts }) => facts.headers.referer);
  if (condition.network !== undefined) {
    const networks = list(condition.network).map(parseNetwork);
    tests.push(({ facts }) => networks.some((network) => inNetwork(facts.address, network)));
  }
  if (condition.not !== undefined) {
    const unwanted = compileCondition(condition.not);
    tests.push((subject) => !unwanted(subject));
  }
  return (subject) => tests.every((test) => test(subject));
}

export function list<T>(values: OneOf<T>): readonly T[] {
  return Array.isArray(values) ? values : [values as T];
}

function queryOf(target: string): string {
  const at = target.indexOf("?");
  return at < 0 ? "" : target.slice(at + 1);
}
