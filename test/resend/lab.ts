/** The production bundle before an origin that writes down what reaches it, under rules that say what becomes of each path. */
import { join } from "node:path";
import { type EdgeOptions, type Lab, startEdges } from "../lab/edge.ts";
import { constant, type RecordingOrigin, type Seen, startRecordingOrigin } from "../lab/recording-origin.ts";

export const RULES = join(import.meta.dirname, "rules.ts");

export interface FormLab {
  readonly edges: Lab;
  readonly origin: RecordingOrigin;
  readonly shield: URL;
  /** What was posted to this path, in order. */
  posts(path: string): Seen[];
  stop(): Promise<void>;
}

export async function startFormLab(options: EdgeOptions = {}): Promise<FormLab> {
  const origin = await startRecordingOrigin();
  const edges = await startEdges({ origin: origin.url, rulesModule: RULES, ...options });
  const [shield] = edges.shieldUrls;
  if (!shield) throw new Error("the lab has no shield");
  return {
    edges,
    origin,
    shield,
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
