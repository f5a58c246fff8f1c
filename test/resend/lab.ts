/** The production bundle before an origin that writes down what reaches it, under rules that say what becomes of each path. */
import { randomBytes } from "node:crypto";
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { createSealer, type Sealer } from "../../src/seal.ts";
import { type EdgeOptions, type Lab, startEdges } from "../lab/edge.ts";
import { constant, type RecordingOrigin, type Seen, startRecordingOrigin } from "../lab/recording-origin.ts";

export const RULES = join(import.meta.dirname, "rules.ts");

export interface FormLab {
  readonly edges: Lab;
  readonly origin: RecordingOrigin;
  readonly shield: URL;
  /** Seals as the lab's shield does. */
  readonly sealer: Sealer;
  /** What was posted to this path, in order. */
  posts(path: string): Seen[];
  stop(): Promise<void>;
}

export async function startFormLab(options: EdgeOptions = {}): Promise<FormLab> {
  const origin = await startRecordingOrigin();
  const secret = randomBytes(32).toString("base64url");
  const vars = { SHIELD_SECRET: secret };
  const edges = await startEdges({
    origin: origin.url,
    rulesModule: RULES,
    patient: options.objectsEntry === undefined,
    ...options,
    vars,
  });
  const sealer = await createSealer({ current: secret });
  const [shield] = edges.shieldUrls;
  if (!shield || !sealer) throw new Error("the lab has no shield, or a weak secret");
  return {
    edges,
    origin,
    shield,
    sealer,
    posts: (path) => origin.seen.filter(({ method, target }) => method === "POST" && target.split("?", 1)[0] === path),
    stop: async () => {
      await edges.stop();
      await origin.stop();
    },
  };
}

/** A page of the origin's. */
export function page(body: string, headers: readonly (readonly [string, string])[] = []) {
  return constant({
    headers: [["Content-Type", "text/html; charset=utf-8"], ["Cache-Control", "private"], ...headers],
    body: `<!doctype html><html lang="lv"><title>Forma</title>${body}`,
  });
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a browser says when a form of the same site is posted. */
export const FORM_HEADERS: OutgoingHttpHeaders = {
  Accept: "text/html",
  "Accept-Language": "lv",
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Site": "same-origin",
  "Sec-Fetch-User": "?1",
};

export const URLENCODED = "application/x-www-form-urlencoded";

/** Posts as a browser does, from an address of its own unless it says otherwise. */
export function post(
  url: URL,
  body: string | Uint8Array,
  headers: OutgoingHttpHeaders = {},
  length: number | null = Buffer.byteLength(body),
  method = "POST",
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      agent: false,
      method,
      headers: {
        "CF-Connecting-IP": "198.51.100.7",
        Origin: url.origin,
        Referer: `${url.origin}/form`,
        "Content-Type": URLENCODED,
        ...FORM_HEADERS,
        ...(length === null ? { "Transfer-Encoding": "chunked" } : { "Content-Length": length }),
        ...headers,
      },
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, body: Buffer.concat(pieces).toString() });
      });
    });
    sent.end(body);
  });
}

/** What a page of ours carries; null when it carries nothing. */
export function carriedBy({ body }: Got): { readonly action: string; readonly fields: string } | null {
  const action = /<form id="shield-resend" [^>]* action="([^"]*)"/.exec(body)?.[1];
  const until = / name="shield-until" value="([^"]*)"/.exec(body)?.[1];
  const contents = / name="shield-form" value="([^"]*)"/.exec(body)?.[1];
  if (action === undefined || until === undefined || contents === undefined) return null;
  return { action: action.replaceAll("&amp;", "&"), fields: `shield-until=${until}\r\nshield-form=${contents}\r\n` };
}

/** Presses the button of a page of ours. */
export function sendAgain(got: Got, headers: OutgoingHttpHeaders = {}, elsewhere?: URL): Promise<Got> {
  const carried = carriedBy(got);
  if (!carried) throw new Error(`the page carries nothing:\n${got.body.slice(0, 2_000)}`);
  return post(elsewhere ?? new URL(carried.action), carried.fields, { "Content-Type": "text/plain", ...headers });
}
