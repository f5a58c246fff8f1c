/** What operators' calls have in common: how they are read, how they are answered, and that nobody waits for ever. */
import * as v from "valibot";
import { WATCH_PATIENCE_MS } from "../counters/patience.ts";
import { sentenceFor } from "../policy/wrong-words.ts";

const BODY_MAX_CHARACTERS = 8192;
/** A day: whoever still needs it then decides again. */
export const MINUTES_MAX = 24 * 60;

/** A text of one to so many characters. */
export const words = (most: number) => v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(most));

/** Null when the watch is away: then nothing was promised, and the operator is told so. */
export async function inTime<T>(call: Promise<T>): Promise<T | null> {
  return Promise.race([call.catch(() => null), scheduler.wait(WATCH_PATIENCE_MS).then(() => null)]);
}

export async function read<T extends v.GenericSchema>(
  request: Request,
  schema: T,
): Promise<{ readonly said: v.InferOutput<T> } | { readonly problem: Response }> {
  const text = await request.text();
  if (text.length > BODY_MAX_CHARACTERS) return { problem: problem(413, "The call is too long.") };
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return { problem: problem(400, "This is no JSON.") };
  }
  const parsed = v.safeParse(schema, said);
  if (parsed.success) return { said: parsed.output };
  const sentences = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "the call"}: ${sentenceFor(issue)}`);
  return { problem: problem(422, sentences.join("; ")) };
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function unanswered(): Response {
  return problem(
    503,
    "The watch did not answer: it is not certain whether the call took effect. Look with GET, then repeat.",
  );
}

export function problem(status: number, detail: string): Response {
  return json(status, { type: "about:blank", status, detail }, "application/problem+json");
}

export function json(status: number, body: unknown, type = "application/json"): Response {
  return new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: { "Cache-Control": "no-store", "Content-Type": type },
  });
}
