/** One request to a lab's edge over a real socket, as a given client. */
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import type { Lab } from "./edge.ts";

export interface Asked {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** What the edge found out by itself: `request.cf`. */
  readonly cf?: object;
  /** Which isolate is asked. Default the first. */
  readonly edge?: number;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let lastAddress = 0;
/** An address at which nobody has been seen (RFC 2544). */
export const freshAddress = () => `198.18.${lastAddress >> 8}.${lastAddress++ & 255}`;

export function ask(lab: Lab, path: string, asked: Asked = {}): Promise<Got> {
  const { method = "GET", host = "portal.example.lv", headers = {}, body, cf, edge = 0 } = asked;
  const told = cf === undefined ? {} : { "MF-CF-Blob": JSON.stringify(cf) };
  return new Promise((resolve, reject) => {
    const sent = request({
      host: "127.0.0.1",
      port: Number(lab.shieldUrls[edge]?.port),
      path,
      method,
      headers: { Host: host, "CF-Connecting-IP": freshAddress(), ...told, ...headers },
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end(body);
  });
}

/** What the demo portal's echo saw of a header; undefined when it was absent. */
export function seenByOrigin(got: Got, name: string): string | undefined {
  const { headers } = JSON.parse(got.body) as { readonly headers: readonly (readonly [string, string])[] };
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}
