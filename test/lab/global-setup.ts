/** Before any test: bundles the Worker as `wrangler deploy` would, once for all files. */
import { buildBundle } from "./bundle.ts";

export async function setup(): Promise<void> {
  await buildBundle();
}
