/**
 * A person with a browser, as far as HTTP shows one: browser headers with Fetch Metadata, cookies, redirects, one
 * connection of her own. Meets challenges by solving them and the shield's waiting answers by asking again.
 */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { earnClearance } from "./solve.ts";

const REDIRECTS_MAX = 6;
/** How long somebody looks at "please wait" before she presses reload, ms. */
const RELOAD_AFTER_MS = 2000;

export interface Page {
  /** Path and query that the address bar shows. */
  readonly path: string;
  readonly status: number;
  readonly text: string;
  /** Value of Shield-Mitigated; "" when the origin answered. */
  readonly mitigated: string;
  /** Whether a challenge stood on the way. */
  readonly challenged: boolean;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export class Visitor {
  readonly #base: URL;
  readonly #address: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  readonly #cookies = new Map<string, string>();
  #referer = "";

  constructor(base: URL, address: string) {
    this.#base = base;
    this.#address = address;
  }

  /** @throws when there was no answer before `deadline` is aborted */
  open(path: string, deadline: AbortSignal): Promise<Page> {
    return this.#visit({ method: "GET", path, body: null }, deadline);
  }

  /** Hands in a form. @throws when there was no answer before `deadline` is aborted */
  submit(path: string, fields: ReadonlyMap<string, string>, deadline: AbortSignal): Promise<Page> {
    return this.#visit({ method: "POST", path, body: new URLSearchParams([...fields]).toString() }, deadline);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #visit(
    wanted: { readonly method: string; readonly path: string; readonly body: string | null },
    deadline: AbortSignal,
  ): Promise<Page> {
    let { method, path, body } = wanted;
    let challenged = false;
    for (let hops = 0; hops < REDIRECTS_MAX; ) {
      const { status, headers, text } = await this.#ask(method, path, body, this.#navigation(method), deadline);
      const mitigated = String(headers["shield-mitigated"] ?? "");
      if (mitigated === "challenge" && method === "GET" && !challenged) {
        challenged = true;
        if (await this.#solve(deadline)) continue;
      } else if (mitigated === "wait" || mitigated === "limit" || mitigated === "closed") {
        await pause(RELOAD_AFTER_MS, undefined, { signal: deadline });
        continue;
      }
      const location = headers.location;
      if (location === undefined || status < 300 || status >= 400) {
        this.#referer = new URL(path, this.#base).href;
        return { path, status, text, mitigated, challenged };
      }
      const next = new URL(location, new URL(path, this.#base));
      if (status === 307 || status === 308) path = next.pathname + next.search;
      else [method, path, body] = ["GET", next.pathname + next.search, null];
      hops++;
    }
    throw new Error("redirected in a circle");
  }

  #solve(deadline: AbortSignal): Promise<boolean> {
    return earnClearance({
      post: async (path, body) => {
        const headers = { "Content-Type": "application/json", ...this.#fetchMetadata("empty", "cors"), Accept: "*/*" };
        const { status, headers: got, text } = await this.#ask("POST", path, body, headers, deadline);
        return {
          status,
          retryAfterS: Number(got["retry-after"]) || 0,
          body: status === 200 ? (JSON.parse(text) as unknown) : null,
        };
      },
      wait: (ms) => pause(ms, undefined, { signal: deadline }),
    });
  }

  #navigation(method: string): Record<string, string> {
    return {
      Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
      "Upgrade-Insecure-Requests": "1",
      "Sec-Fetch-User": "?1",
      ...this.#fetchMetadata("document", "navigate"),
      ...(method === "POST" ? { "Content-Type": "application/x-www-form-urlencoded" } : {}),
    };
  }

  #fetchMetadata(destination: string, mode: string): Record<string, string> {
    const site = mode === "navigate" && this.#referer === "" ? "none" : "same-origin";
    return { "Sec-Fetch-Dest": destination, "Sec-Fetch-Mode": mode, "Sec-Fetch-Site": site };
  }

  #ask(
    method: string,
    path: string,
    body: string | null,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Reply> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const all = {
      "User-Agent":
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36",
      "Accept-Language": "lv,en;q=0.8",
      "Accept-Encoding": "identity",
      ...headers,
      "CF-Connecting-IP": this.#address,
      ...(cookie === "" ? {} : { Cookie: cookie }),
      ...(this.#referer === "" ? {} : { Referer: this.#referer }),
      ...(body === null ? {} : { Origin: this.#base.origin, "Content-Length": String(Buffer.byteLength(body)) }),
    };
    return new Promise((resolve, reject) => {
      const url = this.#base.origin + path;
      const request = httpRequest(url, { method, headers: all, agent: this.#agent, signal }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          for (const line of response.headers["set-cookie"] ?? []) this.#keep(line);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString("utf8"),
          });
        });
      });
      request.on("error", reject);
      request.end(body ?? undefined);
    });
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    const value = pair.slice(at + 1).trim();
    const gone = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute));
    if (gone || value === "") this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}
