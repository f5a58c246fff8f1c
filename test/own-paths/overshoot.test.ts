/** What operators see of critical work that went to an origin without room, through the production bundle over real sockets. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SYSTEMS_HOST, tlsClientAuth } from "../lab/credentials.ts";
import { type Lab, startEdges } from "../lab/edge.ts";
import * as lab from "../lab/visitors.ts";

const folder = mkdtempSync(join(tmpdir(), "rules-"));
let running: Lab;
beforeAll(async () => {
  const rulesModule = join(folder, "tiny.ts");
  writeFileSync(
    rulesModule,
    `import rules from ${JSON.stringify(join(import.meta.dirname, "../../src/rules.ts"))};
     export default { ...rules, sites: rules.sites.map((site) => ({ ...site, capacityPerSecond: 1 })) };`,
  );
  running = await startEdges({
    portalCapacity: 0,
    patient: true,
    rulesModule,
    vars: { ADMIN_HOST: lab.ADMIN_HOST, SHIELD_ADMIN_TOKEN: lab.ADMIN_TOKEN },
  });
});
afterAll(async () => {
  await running?.stop();
  rmSync(folder, { recursive: true });
});

it("all prescriptions of a pharmacy pass although there is room for one in two seconds, and the overshoot is shown", async () => {
  const edge = running.shieldUrls[0] ?? new URL("http://nowhere");
  const from = Date.now();
  const headers = {
    Host: SYSTEMS_HOST,
    "MF-CF-Blob": JSON.stringify({ tlsClientAuth: tlsClientAuth({ serial: "0A1B" }) }),
    Accept: "application/json",
  };
  const got = await Promise.all(Array.from({ length: 40 }, () => lab.ask(edge, "/app/prescriptions", { headers })));
  expect(got.map(({ headers }) => headers["shield-mitigated"]).filter(Boolean)).toEqual([]);

  const [portal] = await lab.eventually(
    async () => {
      await lab.ask(edge, "/app/prescriptions", { headers });
      return JSON.parse((await lab.operate(edge, "/.shield/posture")).body).sites;
    },
    ([{ overdrawn }]) => overdrawn?.units > 0,
  );
  expect(Date.parse(portal.overdrawn.last)).toBeGreaterThanOrEqual(from);
});
