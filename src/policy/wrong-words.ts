/** What is wrong with data that a person wrote, in a sentence that she can act on: valibot's issues in plain words. */
import type * as v from "valibot";

/** `strictObject` takes it as its message, so that whoever misspells a word is told which there are. */
export function amongWords(entries: Readonly<Record<string, unknown>>): (issue: v.BaseIssue<unknown>) => string {
  const known = Object.keys(entries).join(", ");
  return (issue) => (issue.expected === "never" ? `there is no such word. Known: ${known}.` : sentenceFor(issue));
}

export function sentenceFor(issue: v.BaseIssue<unknown>): string {
  const { message, expected, received, issues } = issue;
  // One value or a list of them: what is wrong with the one says more than that it is no list.
  const parts = issues?.filter((part) => part.expected !== "Array") ?? [];
  if (parts.length > 0) return [...new Set(parts.map(sentenceFor))].join(" Or: ");
  if (!/^Invalid [a-z ]+: Expected /.test(message)) return message;
  if (expected === "never") return "there is no such word.";
  const wanted = plain(expected ?? "something else");
  if (received !== "undefined") return `${received} is not possible here. Write ${wanted}.`;
  return issue.kind === "schema" && expected?.startsWith('"') ? "it is missing." : `it is missing. Write ${wanted}.`;
}

/** `("a" | ("b" | "c"))` as: one of "a", "b", "c". */
function plain(expected: string): string {
  const words = expected.replace(/[()]/g, "").split(" | ");
  if (words.length > 1) return `one of ${words.join(", ")}`;
  return /^[a-z]+$/.test(expected) ? `a ${expected}` : expected;
}
