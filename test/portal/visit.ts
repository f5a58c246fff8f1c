/** One request as the handlers see it, and the small things they all need. */
import type { Env, Records, SignedIn } from "./records.ts";

export interface Visit {
  readonly request: Request;
  readonly url: URL;
  readonly env: Env;
  readonly records: Records;
  /** Who is signed in; never null below `/app`, where others are sent to sign in. */
  readonly person: SignedIn | null;
  /** What stands below the route's path, such as a document's id. */
  readonly rest: string;
}

export type Handler = (visit: Visit) => Response | Promise<Response>;

/** A form is never larger; a document or a machine's message may be, by its own limit. */
const FORM_MAX_BYTES = 128 * 1024;

export class TooLarge extends Error {}
export class Unreadable extends Error {}

/** The whole body, when it is no larger than it may be. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("Content-Length") ?? 0) > maxBytes) throw new TooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new TooLarge();
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

export interface Form {
  readonly fields: (readonly [name: string, value: string])[];
  readonly sha256: string;
  /** The first value of that name, trimmed, or "". */
  readonly get: (name: string) => string;
}

/** A form sent as `application/x-www-form-urlencoded`, or as multipart without files. */
export async function readForm(request: Request): Promise<Form> {
  const body = await readBody(request, FORM_MAX_BYTES);
  const type = request.headers.get("Content-Type") ?? "";
  const fields: (readonly [string, string])[] = [];
  if (type.startsWith("multipart/form-data")) {
    const parsed = await new Response(body, { headers: { "Content-Type": type } }).formData().catch(() => {
      throw new Unreadable();
    });
    for (const [name, value] of parsed.entries()) if (typeof value === "string") fields.push([name, value]);
  } else fields.push(...new URLSearchParams(new TextDecoder().decode(body)).entries());
  return {
    fields,
    sha256: await sha256(body),
    get: (name) => (fields.find(([each]) => each === name)?.[1] ?? "").trim(),
  };
}

export async function sha256(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** 18 random bytes: nobody guesses a session. */
export function randomId(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(18)));
}

/** Where the public reaches the portal: the shield says so, else the request itself. */
export function publicOrigin({ request, url }: Visit): string {
  const host = request.headers.get("X-Forwarded-Host");
  if (host === null) return url.origin;
  return `${request.headers.get("X-Forwarded-Proto") ?? "https"}://${host}`;
}

export function seeOther(location: string, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { Location: location, "Cache-Control": "no-store", ...headers } });
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "Cache-Control": "no-store", ...headers } });
}

export function plain(text: string, status: number): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" },
  });
}
